/* Passes over a program: forwards a column of the Jacobian each, backwards a row each. */
import { choice, lay, set, show, slider, table } from "./kit.js";
import { parse, pull, push, run, v, write } from "./program.js";

/* Each program with the lines that are its outputs. */
export const PROGRAMS = {
  "x·y + sin x": ["x*y + sin(x)", [4]],
  "x·y and x·y·sin x": ["x*y*sin(x)", [2, 4]],
  "x², sin x and their product": ["x*x*sin(x)", [1, 2, 3]],
};
const MODES = { forwards: true, backwards: false };

/* What a pass sends to every line, and the entries of the Jacobian that it finds. */
export const pass = (name, forward, k, point) => {
  const [text, outputs] = PROGRAMS[name], lines = parse(text), values = run(lines, point);
  const inputs = lines.filter(({ args }) => !args.length).map(({ op }) => op);
  const sent = forward ? push(lines, values, { [inputs[k]]: 1 })
    : pull(lines, values, outputs[k]).at(-1).bars;
  return { lines, values, inputs, outputs, sent,
    found: forward ? outputs.map((i) => sent[i]) : sent.slice(0, inputs.length) };
};

export const start = (stage) => {
  const list = table("line", "value", "sent"), matrix = table("J", "by x", "by y");
  const draw = () => {
    const forward = MODES[mode.value], k = number.value - 1;
    const at = (n) => pass(program.value, forward, n, { x: x.value, y: y.value });
    const { lines, values, inputs, outputs, sent, found } = at(k), all = lines.length;
    const done = step.value === all;
    const seen = (i) => forward ? i < step.value : i >= all - step.value;
    list.write(lines.map((line, i) => [`${v(i)} = ${write(line)}`, show(values[i]),
      seen(i) ? show(sent[i]) : ""]));
    const last = forward ? step.value - 1 : all - step.value;
    if (list.body.children[last]) set(list.body.children[last], { class: "active" });
    const known = (n) => n < k || n === k && done;
    matrix.write(outputs.map((line, i) => [v(line), ...inputs.map((_, j) => {
      const [n, place] = forward ? [j, i] : [i, j];
      return known(n) ? show(at(n).found[place]) : "?";
    })]));
    const count = (forward ? inputs : outputs).length, line = forward ? "column" : "row";
    say(`At x = ${show(x.value)}, y = ${show(y.value)}, pass ${k + 1} of ${count}: `
      + `1 goes in at ${v(forward ? k : outputs[k])}. `
      + (step.value && !done ? `${v(last)} gets ${show(sent[last])}.` : "")
      + (done ? `It finds ${line} ${k + 1}: ${found.map((a) => show(a)).join(", ")}.` : ""));
  };
  const turn = () => {
    const { lines, inputs, outputs } = pass(program.value, true, 0, { x: 1, y: 1 });
    number.limit(1, (MODES[mode.value] ? inputs : outputs).length, 1);
    step.limit(0, lines.length, 0);
    draw();
  };
  const again = () => { step.value = 0; draw(); };
  const program = choice("Program", PROGRAMS, turn), mode = choice("Passes", MODES, turn);
  const number = slider("Pass", {}, String, again), step = slider("Step", {}, String, draw);
  const x = slider("x =", { min: -3, max: 3, step: .1, value: 2 }, (at) => show(at), draw);
  const y = slider("y =", { min: -3, max: 3, step: .1, value: 1 }, (at) => show(at), draw);
  const say = lay(stage, "passes", [program.row, mode.row, number.row, step.row, x.row, y.row],
    [list.all, matrix.all]);
  turn();
  return draw;
};
