/* Loads each live figure when it comes into view, and puts it in its picture's place. */
/* In a deck the keys of a control must not turn the slide, and a clicker must: after a pointer's
   move, and at Escape, a control gives the keyboard back. */
const share = (stage) => {
  stage.dataset.preventSwipe = "";
  stage.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.activeElement.blur();
    event.stopPropagation();
  });
  stage.addEventListener("pointerup", () => setTimeout(() => {
    if (!document.activeElement.matches("[type=text], select")) document.activeElement.blur();
  }));
  stage.addEventListener("change", ({ target }) => target.matches("select:not(:focus-visible)") && target.blur());
};

/* A page may say how a figure opens: the values of controls, by the words that stand over them. */
const open = (stage, values) => {
  const controls = new Map([...stage.querySelectorAll("label")]
    .map((label) => [label.firstChild.firstChild.data.trim(), label.lastChild]));
  for (const [name, value] of Object.entries(values)) {
    const control = controls.get(name);
    if (control) control.value = value;
    if (control?.value !== value) throw new Error(`no control of ${stage.className} can be ${name} = ${value}`);
    control.dispatchEvent(new Event(control.matches("select") ? "change" : "input"));
  }
};

const start = async (box) => {
  const figure = await import(`./${box.dataset.live}.js`);
  const image = box.querySelector("img"), stage = document.createElement("div");
  stage.className = "live-stage";
  const resized = new ResizeObserver(figure.start(stage));
  for (const panel of stage.querySelectorAll(".panels > *")) resized.observe(panel);
  if (box.closest(".reveal")) share(stage);
  (image.closest("a") ?? image).before(stage);
  const held = box.contains(document.activeElement);
  box.classList.add("is-live");
  if (held) stage.querySelector("input, select, button").focus({ preventScroll: true }); // the picture's link is gone
  open(stage, JSON.parse(box.dataset.start ?? "{}"));
};

const watch = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    watch.unobserve(target);
    target.ariaBusy = "true";
    start(target).finally(() => { target.ariaBusy = null; });
  }
}, { rootMargin: "300px" });
for (const box of document.querySelectorAll("[data-live]")) watch.observe(box);
