/* Starts reveal.js, and adds what it lacks: line stepping on highlighted code, a speaker window with
   rendered formulas and the plan of the lecture, and a dark scheme. */
(() => {
  "use strict";
  const root = document.documentElement;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const phone = matchMedia("(max-width: 600px)");
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

  /* "1,4-6|*" -> [Set {1, 4, 5, 6}, null]; null is every line. */
  const parse = (steps) => steps.split("|").map((part) => part === "*" ? null : new Set(
    part.split(",").flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    })));

  /* Pygments closes its spans at the end of each line, so a line of its HTML stands alone. */
  const wrapLines = (pre) => {
    const lines = pre.innerHTML.replace(/\n$/, "").split("\n");
    pre.innerHTML = lines.map((line) => `<span class="line">${line || " "}</span>`).join("");
    return [...pre.children];
  };

  const Steps = {
    id: "steps",
    init(deck) {
      const blocks = [...document.querySelectorAll(".stepped")].map((block) => ({
        steps: parse(block.dataset.steps),
        lines: wrapLines(block.querySelector("pre")),
        fragments: [...block.querySelectorAll(".fragment.step")],
      }));
      const show = (wanted) => blocks.forEach(({ steps, lines, fragments }) => {
        const seen = fragments.filter((f) => f.classList.contains("visible")).length;
        const step = wanted ?? steps[fragments.length ? seen : steps.length - 1];
        lines.forEach((line, i) => {
          line.classList.toggle("dim", step instanceof Set && !step.has(i + 1));
          line.classList.toggle("lit", step instanceof Set && step.has(i + 1));
        });
      });
      if (deck.isPrintView()) { show("all"); return; }
      for (const event of ["ready", "slidechanged", "fragmentshown", "fragmenthidden", "screen"])
        deck.on(event, () => show());
      deck.on("paper", () => show("all"));
    },
  };

  /* What is wider than its place is set smaller, but never too small for the last row: a formula
     down to the size of the text (on a phone 11 px), code down to 26 px. What still does not fit is the author's. */
  const smaller = (element, width, room, least) => {
    const size = parseFloat(getComputedStyle(element).fontSize);
    return width > room && `${Math.max(least, Math.floor(10 * size * room / width) / 10)}px`;
  };
  const fitFormula = (formula) => {
    const place = formula.parentElement;
    const scale = place.getBoundingClientRect().width / place.offsetWidth;
    const parts = [...formula.querySelector(".katex-html").children]
      .map((part) => part.getBoundingClientRect());
    const left = Math.min(...parts.map((part) => part.left));
    const right = Math.max(...parts.map((part) => part.right));
    return smaller(formula, (right - left) / scale + 4, place.clientWidth, phone.matches ? 22 : 30);
  };
  const fitCode = (pre) => {
    if (pre.scrollWidth <= pre.clientWidth) return false;
    const padding = parseFloat(getComputedStyle(pre).paddingLeft);
    return smaller(pre, pre.scrollWidth - padding, pre.clientWidth - 2 * padding, 26);
  };
  const Fit = {
    id: "fit",
    init(deck) {
      /* Only what is shown has a width, and only once its fonts are there. All are measured before the
         first is changed: a change between two measurements lays out the slides once more. */
      const isShown = (element) => // an older browser lays out all slides to tell
        element.checkVisibility?.({ contentVisibilityAuto: true }) ?? element.clientWidth > 0;
      const fits = (selector, one) => [...document.querySelectorAll(selector)]
        .filter((element) => !element.dataset.fitted && isShown(element))
        .map((element) => [element, one(element)]);
      const all = () => {
        const found = [...fits(".slide-body .katex-display", fitFormula), ...fits(".kind-code pre", fitCode)];
        for (const [element, size] of found) {
          element.dataset.fitted = "true";
          if (size) element.style.fontSize = size;
        }
      };
      const soon = () => document.fonts.ready.then(all);
      for (const event of ["ready", "slidechanged", "overviewshown", "pdf-ready"]) deck.on(event, soon);
      addEventListener("contentvisibilityautostatechange", soon, true); // a phone comes near a slide
      deck.on("paper", all); // a printer does not wait
    },
  };

  /* Paper, by the browser's own command (reveal's print view needs another address and a reload):
     all slides one below the other, each on its ground, all steps shown, in light colours. */
  const Paper = {
    id: "paper",
    init(deck) {
      if (deck.isPrintView()) return;
      let theme;
      addEventListener("beforeprint", () => {
        theme = root.dataset.theme;
        root.dataset.theme = "light";
        root.classList.add("paper", "print-pdf"); // the latter keeps reveal's own rules away
        for (const slide of slides)
          slide.style.setProperty("--ground", slide.dataset.backgroundColor);
        deck.dispatchEvent({ type: "paper" });
      });
      addEventListener("afterprint", () => {
        root.classList.remove("paper", "print-pdf");
        root.dataset.theme = theme;
        deck.layout();
        deck.dispatchEvent({ type: "screen" });
      });
    },
  };

  /* The overview shows the whole deck at once, in rows: reveal's own is one long row. The places are
     given to the style sheet, since reveal moves the slides anew at every step. */
  const GAP = 70; // pixels of a slide, between two of them
  const Overview = {
    id: "overview",
    init(deck) {
      if (deck.isPrintView()) return;
      const box = document.querySelector(".reveal");
      const columns = Math.ceil(Math.sqrt(slides.length));
      const rows = Math.ceil(slides.length / columns);
      const place = () => {
        if (!deck.isOverview()) return;
        const { width, height } = deck.getConfig();
        const [across, down] = [width + GAP, height + GAP];
        slides.forEach((slide, i) => {
          for (const part of [slide, deck.getSlideBackground(slide)]) {
            part.style.setProperty("--across", `${(i % columns - (columns - 1) / 2) * across}px`);
            part.style.setProperty("--down", `${(Math.floor(i / columns) - (rows - 1) / 2) * down}px`);
          }
        });
        const fits = Math.min(box.offsetWidth / (columns * across), box.offsetHeight / (rows * down));
        box.style.setProperty("--overview", fits);
      };
      for (const event of ["overviewshown", "resize"]) deck.on(event, place);
      const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
      addEventListener("keydown", (event) => {
        if (!deck.isOverview() || !(event.key in steps)) return;
        event.stopImmediatePropagation();
        const next = slides[slides.indexOf(deck.getCurrentSlide()) + steps[event.key]];
        if (!next) return;
        const { h, v } = deck.getIndices(next);
        deck.slide(h, v);
      }, true);
    },
  };

  /* The speaker window is written by reveal's plugin and knows none of our css: give it the files
     that formulas and code need. It speaks once a second, so a file that failed is asked for again. */
  const dress = (page, sheets) => {
    page.documentElement.dataset.theme = root.dataset.theme;
    page.title = `Notes: ${document.title}`;
    for (const href of sheets) {
      const old = [...page.querySelectorAll("link")].find((link) => link.href === href);
      if (old?.sheet) continue;
      old?.remove();
      page.head.append(Object.assign(page.createElement("link"), { rel: "stylesheet", href }));
    }
  };
  const Speaker = {
    id: "speaker",
    init() {
      const all = document.querySelector("link[rel=stylesheet]").href; // reveal's rules in it are not for this window
      const sheets = ["vendor/katex/katex.min.css", "katex-math.css", "pygments.css", "slopes-tokens.css", "deck.css"]
        .map((name) => new URL(name, all).href);
      addEventListener("message", ({ data, source }) => {
        if (source !== window && typeof data === "string" && data.includes("reveal-notes"))
          dress(source.document, sheets);
      });
    },
  };

  /* The address keeps the scheme, so that the speaker window and a reload show the same one. */
  const toggleDark = () => {
    const dark = root.dataset.theme !== "dark";
    root.dataset.theme = dark ? "dark" : "light";
    const url = new URL(location.href);
    if (dark) url.searchParams.set("dark", "1"); else url.searchParams.delete("dark");
    history.replaceState(null, "", url);
  };

  /* Who speaks, where and when: from the address, else from the configuration; text, never HTML. */
  const introduce = () => {
    const line = document.querySelector(".given");
    const asked = new URLSearchParams(location.search);
    const said = ["lecturer", "place", "date"]
      .map((name) => (asked.get(name) ?? line.dataset[name]).trim().slice(0, 80)).filter(Boolean).join(" · ");
    line.textContent = said;
    if (said) for (const slide of slides) slide.dataset.footer += ` · ${said}`;
  };

  const slides = [...document.querySelectorAll(".slides section.slide")];
  const seconds = sum(slides.map((slide) => Number(slide.dataset.timing || 0)));

  /* On a phone held upright reveal scrolls from slide to slide; each is as high and narrow as the
     screen, for a slide of a projector would be a stamp there. Who reads there after the lecture
     needs no steps: only a question keeps its answer back. The small frames of the speaker's window
     are no phones. */
  const receiver = /receiver/.test(location.search);
  const upright = () => phone.matches && !receiver && !/print-pdf/.test(location.search);
  if (upright()) for (const slide of slides)
    if (!slide.matches(".kind-question"))
      for (const step of slide.querySelectorAll(".fragment"))
        if (step.matches(".step")) step.remove(); else step.classList.remove("fragment");
  const size = () => upright()
    ? { width: 780, height: Math.round(780 * innerHeight / innerWidth) } : { width: 1280, height: 720 };

  /* Of a slide that names no ground reveal asks the browser for the colour, which computes the deck's
     styles once for each. */
  for (const slide of slides) slide.dataset.backgroundColor ??= "rgba(0, 0, 0, 0)";

  introduce();
  Reveal.initialize({
    ...size(), margin: 0, minScale: 0.1, maxScale: 4, center: false, display: "flex",
    hash: true, slideNumber: false, progress: true, controls: true, controlsTutorial: false,
    scrollActivationWidth: receiver ? null : 600, scrollLayout: "full", pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1,
    transition: calm ? "none" : "fade", transitionSpeed: "fast", autoAnimate: !calm,
    backgroundTransition: calm ? "none" : "fade", totalTime: seconds,
    plugins: [RevealNotes, Steps, Fit, Paper, Overview, Speaker],
  }).then(() => {
    Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark or light" }, toggleDark);
    phone.addEventListener("change", () => Reveal.configure(size()));
  });
})();
