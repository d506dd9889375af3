/* The cobweb: a map repeated, up or down to its graph and across to the diagonal. */
import { choice, lay, plot, show, slider } from "./kit.js";

const distinct = (...points) => [...new Set(points)]; // two that meet are one

/* Each map with its slope, its fixed points, its parameter and where orbits start. */
export const MAPS = {
  "(x² + c)/10": {
    f: (x, c) => (x * x + c) / 10, slope: (x) => x / 5,
    fixed: (c) => c > 25 ? [] : distinct(5 - Math.sqrt(25 - c), 5 + Math.sqrt(25 - c)),
    letter: "c", at: [16, 27, 21], from: [-8, 8, 6.8],
  },
  "a x (1 - x)": {
    f: (x, a) => a * x * (1 - x), slope: (x, a) => a * (1 - 2 * x),
    fixed: (a) => distinct(0, 1 - 1 / a), letter: "a", at: [1, 4, 2.8], from: [0, 1, .1],
  },
};
export const kind = (slope) => {
  const above = Math.abs(slope) - 1; // at 1 the slope alone does not say
  return Math.abs(above) < 1e-9 ? "undecided" : above < 0 ? "attracts" : "repels";
};
const FAR = 1e3; // who is here does not come back

export const orbit = (name, a, x, steps) => {
  const points = [x];
  while (points.length <= steps && Math.abs(points.at(-1)) < FAR)
    points.push(MAPS[name].f(points.at(-1), a));
  return points;
};

export const start = (stage) => {
  const left = plot("The map's graph, the diagonal and the orbit between them");
  const right = plot("The orbit, step by step");

  const draw = () => {
    const { f, slope, fixed, from: [low, high] } = MAPS[map.value];
    const a = parameter.value, points = orbit(map.value, a, first.value, steps.value);
    const line = Array.from({ length: 81 }, (_, i) => low + (high - low) * i / 80);
    const web = points.flatMap((x, k) => k ? [[points[k - 1], x], [x, x]] : [[x, x]]);
    left.frame([low, high], [low, high], ["x", "next x", "web"]);
    left.line("floor", [[low, low], [high, high]]);
    left.line("curve", line.map((x) => [x, f(x, a)]));
    left.line("web", web);
    left.dots("point", fixed(a).map((x) => [x, x]));
    right.frame([0, steps.value], [low, high], ["step", "x"]);
    right.line("web", points.map((x, k) => [k, x]));
    right.dots("nodes", points.map((x, k) => [k, x]));
    const end = points.at(-1), kinds = fixed(a).map((x) =>
      `${show(x)}, slope ${show(slope(x, a))}, ${kind(slope(x, a))}`);
    say(`Step ${points.length - 1}: ${Math.abs(end) < FAR ? `x = ${show(end)}` : "the orbit has left"}. `
      + (kinds.length ? `Fixed points: ${kinds.join("; ")}.` : "No fixed point."));
  };

  const turn = () => {
    const { at, from } = MAPS[map.value];
    parameter.limit(...at);
    first.limit(...from);
    draw();
  };
  const map = choice("Map", MAPS, turn);
  const parameter = slider("Parameter", { step: .01 },
    (v) => `${MAPS[map.value].letter} = ${show(v)}`, draw);
  const first = slider("Start x =", { step: .01 }, (v) => show(v), draw);
  const steps = slider("Steps", { min: 1, max: 60, value: 20 }, (v) => show(v), draw);
  left.drag((x) => { first.value = x; draw(); });
  const say = lay(stage, "cobweb", [map.row, parameter.row, first.row, steps.row],
    [left.svg, right.svg]);
  turn();
  return draw;
};
