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
  stage.addEventListener("change", ({ target }) => target.matches("select") && target.blur());
};

const start = async (box) => {
  const figure = await import(`./${box.dataset.live}.js`);
  const image = box.querySelector("img"), stage = document.createElement("div");
  stage.className = "live-stage";
  const resized = new ResizeObserver(figure.start(stage));
  for (const panel of stage.querySelectorAll(".panels > *")) resized.observe(panel);
  if (box.closest(".reveal")) share(stage);
  (image.closest("a") ?? image).before(stage);
  box.classList.add("is-live");
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
