/* Predictions: takes the reader's choice, says why it is right or tempting, opens the answer and the
   outputs behind it, and keeps the choice in this browser and nowhere else. A plain script and no
   module, because a browser loads no module from a copy of the site that lies in a folder. */
(() => {
  "use strict";
  const KEY = "slopes.predictions"; // {page: {name: choice}}; a choice is "" where it was only shown
  /* Counts of all pages with predictions, by their address seen from here; "" is this page. */
  const totals = JSON.parse(document.getElementById("predictions").textContent);
  const here = totals[""]?.page;
  /* They are no form elements: for those a browser's autofill lays out every part of a page at once. */
  const forms = () => [...document.querySelectorAll(".prediction[data-right]")];

  /* A browser may refuse to keep anything; then a choice lasts as long as the page. */
  const read = () => {
    try { return JSON.parse(localStorage.getItem(KEY)) || {}; } catch { return {}; }
  };
  const keep = (form, value) => {
    const kept = read();
    kept[here] = { ...kept[here], [form.id]: value };
    if (value === undefined) delete kept[here][form.id];
    try { localStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* see above */ }
  };

  const isRight = (form, value) => form.dataset.tolerance
    ? Math.abs(value - form.dataset.right) <= form.dataset.tolerance
    : value === form.dataset.right;

  const reasonFor = (form, value) => {
    const near = (offered) => form.dataset.tolerance
      ? Math.abs(value - offered) <= form.dataset.tolerance : value === offered;
    const number = JSON.parse(form.dataset.reasons).findIndex(near);
    return form.querySelectorAll(".predict-reasons > li")[number];
  };

  /* What is said to a choice: the verdict, and the option's own reason. */
  const say = (form, value) => {
    const verdict = document.createElement("p"), right = isRight(form, value);
    const reason = reasonFor(form, value);
    const words = document.createElement("strong");
    words.textContent = right ? "Right." : reason ? "Tempting, but no." : "No.";
    verdict.append(words);
    const told = reason ? [...reason.cloneNode(true).childNodes] : [];
    form.querySelector(".predict-said").replaceChildren(verdict, ...told);
  };

  const outputs = (form) => document.querySelectorAll(`.predict-closed[data-prediction="${form.id}"]`);

  /* Show a form as answered with a value, as shown without one (""), or as open again (undefined). */
  const show = (form, value) => {
    const answered = value !== undefined;
    if (answered) form.dataset.state = value ? "chosen" : "shown"; else delete form.dataset.state;
    for (const input of form.querySelectorAll("input")) {
      const option = input.closest("li");
      if (input.type === "radio") input.checked = input.value === value; else input.value = value ?? "";
      input.disabled = answered;
      option?.classList.toggle("right", answered && input.value === form.dataset.right);
      option?.classList.toggle("chosen", input.checked);
    }
    form.querySelector(".predict-said").replaceChildren();
    if (value) say(form, value);
    form.querySelector(".predict-answer").open = answered;
    for (const output of outputs(form)) output.classList.toggle("open", answered);
  };

  /* The chapters' links tell how many of their predictions are made. */
  const count = () => {
    const kept = read();
    const chapters = new Map(Object.entries(totals).map(([address, chapter]) =>
      [new URL(address, location.href).pathname, chapter]));
    for (const link of document.querySelectorAll(".bd-docs-nav a, .chapters strong a")) {
      const chapter = !link.hash && chapters.get(link.pathname);
      if (!chapter) continue;
      const { page, count: all } = chapter, made = Math.min(all, Object.keys(kept[page] || {}).length);
      const said = link.querySelector(".predict-count") || link.appendChild(document.createElement("span"));
      said.className = "predict-count";
      said.innerHTML = `<span aria-hidden="true">${made}/${all}</span>`
        + `<span class="visually-hidden">, ${made} of ${all} predictions made</span>`;
    }
    score();
  };

  const score = () => {
    const place = document.querySelector(".predict-score");
    if (!place) return;
    const asked = forms(), kept = read()[here] || {};
    const answered = asked.filter((form) => kept[form.id] !== undefined);
    const right = answered.filter((form) => kept[form.id] && isRight(form, kept[form.id]));
    place.textContent = answered.length
      ? `${right.length} right of ${answered.length} answered; there are ${asked.length} questions.`
      : `${asked.length} questions, none answered yet.`;
  };

  const settle = (form, value, next) => {
    keep(form, value);
    show(form, value);
    count();
    form.querySelector(next).focus({ preventScroll: true }); // what was pressed is gone
  };

  /* A field for a number becomes one where it comes near the view: autofill looks at such fields too. */
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) target.querySelector("input").type = "number";
  }, { rootMargin: "100%" });

  const choose = (form) => {
    const inputs = [...form.querySelectorAll("input")];
    if (!inputs.every((input) => input.reportValidity())) return; // the browser says what is missing
    settle(form, (inputs.find((input) => input.checked) ?? inputs[0]).value, ".predict-forget");
  };

  const setUp = (form) => {
    for (const field of form.querySelectorAll(".predict-number input")) near.observe(field.parentElement);
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.target.matches("input")) return;
      event.preventDefault();
      choose(form);
    });
    form.querySelector(".predict-choose").addEventListener("click", () => choose(form));
    form.querySelector(".predict-show").addEventListener("click", () => settle(form, "", ".predict-forget"));
    form.querySelector(".predict-forget").addEventListener("click", () => settle(form, undefined, "input"));
  };

  /* What was chosen at an earlier visit is shown before it is painted, or the text would move: while
     the page still comes in, each form is set up as soon as it is there, with the outputs behind. Of a
     form that the reader has answered no half is painted. */
  const ready = new Set();
  const restore = () => {
    const kept = read()[here] || {};
    for (const form of forms()) {
      if (ready.has(form.id)) continue;
      const half = document.readyState === "loading" && !form.nextSibling;
      form.hidden = half && kept[form.id] !== undefined;
      if (half) continue;
      ready.add(form.id);
      setUp(form);
      if (kept[form.id] !== undefined) show(form, kept[form.id]);
    }
    for (const output of document.querySelectorAll(".predict-closed:not(.open)"))
      if (kept[output.dataset.prediction] !== undefined) output.classList.add("open");
  };

  /* Whoever follows a link to a figure has asked for it. */
  const reach = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const output = target?.closest(".predict-closed:not(.open)");
    output?.classList.add("open");
    if (output) target.scrollIntoView();
  };

  const watch = new MutationObserver(restore);
  const start = () => {
    watch.disconnect();
    restore();
    reach();
    count();
    addEventListener("hashchange", reach);
  };
  if (document.readyState !== "loading") start();
  else {
    document.addEventListener("DOMContentLoaded", start);
    if (read()[here]) {
      watch.observe(document, { childList: true, subtree: true });
      restore(); // what came before this script did
    }
  }
})();
