/* What a lecturer needs for a vote: T starts a count-down of a minute and stops it, U shows a field
   beside each option of a question, for the hands that are up. */
(() => {
  "use strict";
  const SECONDS = 60;
  const reveal = document.querySelector(".reveal");
  let clock, ticking;

  const stop = () => {
    clearInterval(ticking);
    clock?.remove();
    clock = undefined;
  };
  const start = () => {
    clock = Object.assign(document.createElement("div"), { className: "vote-clock" });
    clock.setAttribute("role", "timer");
    reveal.append(clock);
    const end = performance.now() + 1000 * SECONDS;
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      clock.classList.toggle("over", !left);
      if (!left) clearInterval(ticking);
    };
    ticking = setInterval(tick, 200);
    tick();
  };

  /* Typing in a field must not turn the slide: reveal leaves a key alone that a field has; but it
     sees Escape after the field has let go, and would open the overview. */
  const field = (option, number) => {
    const hands = Object.assign(document.createElement("input"), { className: "hands", type: "number", min: 0 });
    hands.setAttribute("aria-label", `Hands for ${"ABCDEF"[number]}`);
    hands.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.stopPropagation();
      hands.blur();
    });
    option.append(hands);
  };
  const count = () => {
    const options = [...Reveal.getCurrentSlide().querySelectorAll(":scope.kind-question .slide-body > ol > li")];
    const shown = options.flatMap((option) => [...option.querySelectorAll(".hands")]);
    if (shown.length) shown.forEach((hands) => hands.remove());
    else options.forEach(field);
  };

  /* Reveal may be ready before this script is there. */
  const offer = () => {
    Reveal.addKeyBinding({ keyCode: 84, key: "T", description: "Count-down" }, () => clock ? stop() : start());
    Reveal.addKeyBinding({ keyCode: 85, key: "U", description: "Hands up" }, count);
    Reveal.on("slidechanged", stop);
  };
  if (Reveal.isReady()) offer(); else Reveal.on("ready", offer);
})();
