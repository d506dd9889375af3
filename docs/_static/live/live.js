/* Loads each live figure when it comes into view, and puts it in its picture's place. */
const printed = /[?&](print-pdf|view=print)/.test(location.search);

/* In a deck the keys of a control must not turn the slide, and a clicker must: a control that the
   pointer has moved gives the keyboard back, and so does Escape. */
const share = (stage) => {
  stage.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.activeElement.blur();
    event.stopPropagation();
  });
  stage.addEventListener("pointerup", () => setTimeout(() => {
    if (!document.activeElement.matches("[type=text], select")) document.activeElement.blur();
  }));
  stage.addEventListener("change", ({ target }) => target.matches("select") && target.blur());
};

const start = async (box) => {
  const figure = await import(`./${box.dataset.live}.js`);
  const image = box.querySelector("img");
  const stage = document.createElement("div");
  stage.className = "live-stage";
  stage.dataset.preventSwipe = "";
  if (box.closest(".reveal")) share(stage);
  (image.closest("a") ?? image).before(stage);
  box.classList.add("is-live");
  new ResizeObserver(figure.start(stage)).observe(stage);
};

const watch = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    watch.unobserve(target);
    start(target);
  }
}, { rootMargin: "300px" });
if (!printed) for (const box of document.querySelectorAll("[data-live]")) watch.observe(box);
