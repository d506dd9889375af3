/* The dual arrow: a point with an arrow goes through a program, line by line. */
import { choice, lay, plot, show, slider, table } from "./kit.js";
import { parse, push, run, slopes, v, write } from "./program.js";

/* Each program, and where it is looked at. */
export const PROGRAMS = {
  "sin(x) + x/4": [0, 6, 2.4], "x/(1 + x*x)": [-3, 3, .5],
  "sqrt(x*x + 1)": [-3, 3, 1],
};
export const through = (name, x) => {
  const lines = parse(name), values = run(lines, { x });
  return { lines, values, dots: push(lines, values) };
};

const bracket = (n) => n < 0 ? `(${show(n)})` : show(n);

export const start = (stage) => {
  const graph = plot("The curve, its tangent and arrow");
  const list = table("line", "value", "arithmetic", "dual part");

  const picture = (lines, x, y, slope) => {
    const [low, high] = PROGRAMS[program.value], arrow = .16 * (high - low);
    const ground = graph.curve(low - arrow / 2, high + arrow / 2, (x) => run(lines, { x }).at(-1), .35,
      ["x", program.value, "tangent"]);
    graph.straight("tangent", x, y, slope);
    graph.line("floor", [[x, ground], [x, y]]);
    graph.arrow("before", [x, ground], [x + arrow, ground]);
    graph.arrow("after", [x, y], [x + arrow, y + arrow * slope]);
    graph.dots("point", [[x, ground], [x, y]]);
  };

  const draw = () => {
    const x = point.value, { lines, values, dots } = through(program.value, x);
    const y = values.at(-1), slope = dots.at(-1);
    list.write(lines.map((line, i) => [`${v(i)} = ${write(line)}`, show(values[i]),
      slopes(line, values[i], values).map(([m, arg]) => `${show(m)}·${bracket(dots[arg])}`).join(" + ")
        || "given", show(dots[i])]));
    picture(lines, x, y, slope);
    say(`${show(x)} + ε goes to ${show(y)} + ${bracket(slope)} ε.`);
  };
  const turn = () => { point.limit(...PROGRAMS[program.value]); draw(); };
  const program = choice("Program", PROGRAMS, turn);
  const point = slider("Point x =", { step: .05 }, (x) => show(x), draw);
  graph.drag((x) => { point.value = x; draw(); });
  const say = lay(stage, "arrow", [program.row, point.row], [graph.svg, list.all]);
  turn();
  return draw;
};
