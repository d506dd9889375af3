/* Loads each live figure of the page when it comes into view, and puts it in its picture's place. */
const folder = import.meta.url.replace(/[^/]*$/, "");
const printed = /[?&](print-pdf|view=print)/.test(location.search);

/* In a deck the keys of a control must not turn the slide, and a clicker must: a control keeps the
   keyboard only while it is used with it; Escape leaves it. */
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
  const { start: begin } = await import(`${folder}${box.dataset.live}.js`);
  const image = box.querySelector("img");
  const stage = document.createElement("div");
  stage.className = "live-stage";
  stage.dataset.preventSwipe = "";
  if (box.closest(".reveal")) share(stage);
  (image.closest("a") ?? image).before(stage);
  box.classList.add("is-live");
  const draw = begin(stage);
  new ResizeObserver(draw).observe(stage);
};

const watch = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    watch.unobserve(target);
    start(target);
  }
}, { rootMargin: "300px" });
if (!printed) for (const box of document.querySelectorAll("[data-live]")) watch.observe(box);
