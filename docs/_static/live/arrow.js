/* The dual arrow: a point with an arrow goes through a program, line by line. */
import { choice, make, plot, show, slider, table } from "./kit.js";
import { parse, push, run, slopes, v, write } from "./program.js";

/* Each program, and where it is looked at. */
export const PROGRAMS = {
  "sin(x) + x/4": [0, 6, 2.4], "x/(1 + x*x)": [-3, 3, .5],
  "sqrt(x*x + 1)": [-3, 3, 1], "x*exp(-x)": [-.5, 4, .5],
};
export const through = (name, x) => {
  const lines = parse(name), values = run(lines, { x });
  return { lines, values, dots: push(lines, values) };
};

const bracket = (v) => v < 0 ? `(${show(v)})` : show(v);

export const start = (stage) => {
  const graph = plot("The curve of the program, the tangent at the point, and the arrow along it");
  const list = table("The program line by line", "line", "value", "slope · dual part", "dual part");
  const state = make("output", { class: "state" });

  const picture = (lines, x, y, slope) => {
    const [low, high] = PROGRAMS[program.value], arrow = .16 * (high - low);
    const ground = graph.curve(low - arrow / 2, high + arrow / 2, (x) => run(lines, { x }).at(-1), .35,
      ["x", program.value, "tangent"]);
    graph.line("tangent", [-9, 9].map((t) => [x + t, y + t * slope]));
    graph.line("floor", [[x, ground], [x, y]]);
    graph.arrow("before", [x, ground], [x + arrow, ground]);
    graph.arrow("after", [x, y], [x + arrow, y + arrow * slope]);
    graph.dots("point", [[x, ground], [x, y]]);
  };

  const draw = () => {
    const x = point.value, { lines, values, dots } = through(program.value, x);
    const y = values.at(-1), slope = dots.at(-1);
    list.rows = lines.map((line, i) => [`${v(i)} = ${write(line)}`, show(values[i]),
      slopes(line, values[i], values).map(([m, arg]) => `${show(m)}·${bracket(dots[arg])}`).join(" + ")
        || "given", show(dots[i])]);
    picture(lines, x, y, slope);
    state.textContent = `${show(x)} + ε goes to ${show(y)} + ${bracket(slope)} ε.`;
  };
  const program = choice("Program", PROGRAMS, () => {
    const [min, max, value] = PROGRAMS[program.value];
    point.limit({ min, max, value });
    draw();
  });
  const [min, max, value] = PROGRAMS[program.value];
  const point = slider("Point x =", { min, max, step: .05, value }, (x) => show(x), draw);
  graph.drag((x) => { point.value = x; draw(); });
  stage.append(make("div", { class: "settings two" }, program, point),
    make("div", { class: "panels list" }, graph.svg, list), state);
  return draw;
};
