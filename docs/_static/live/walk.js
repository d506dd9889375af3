/* The walk back: a formula runs line by line, then hands its cotangents back. */
import { button, field, lay, make, set, show, slider, table } from "./kit.js";
import { isLine, parse, pull, run, slopes, v, write } from "./program.js";

export const start = (stage) => {
  const list = table("line", "value", "slopes", "cotangent");
  const arcs = make("svg", { "aria-hidden": "true" });
  const formula = make("input", {
    type: "text", spellcheck: false, value: "x*y + sin(x)", input: () => read(),
  });
  let lines, values, steps, first;

  /* Each line is joined to those that it reads; the one that pays, in colour. */
  const join = (active) => {
    const end = arcs.clientWidth - 3;
    const y = (i, row = list.body.children[i]) => row.offsetTop + row.offsetHeight / 2;
    arcs.replaceChildren(...lines.flatMap(({ args }, i) => args.filter(isLine).map((a) => {
      const bend = Math.max(1, end - 8 - 12 * (i - a));
      const d = `M${end - 4} ${y(i)}C${bend} ${y(i)} ${bend} ${y(a)} ${end} ${y(a)}`;
      return make("path", i === active ? { class: "arc paying", d: `${d}m-8-5l8 5l-8 5` } : { class: "arc", d });
    })));
  };

  const tell = (seen, walked) => {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) return `${v(bad)} = ${write(lines[bad])} has no value here: no slopes.`;
    if (seen < lines.length) return `Forwards: ${v(seen - 1)} = ${show(values[seen - 1])}.`;
    if (walked < 0) return `Its value is ${show(values.at(-1))}.`;
    if (!walked) return `Backwards: the output's own cotangent is 1.`;
    const { index, messages, bars } = steps[walked];
    return `${v(index)} hands ${messages.map(([what, to]) => `${show(what)} to ${v(to)}`).join(" and ")}.`
      + (steps[walked + 1] ? "" : ` Slopes: ${lines.slice(0, first)
        .map(({ op }, i) => `${show(bars[i])} by ${op}`).join(", ")}.`);
  };

  const draw = () => {
    const seen = Math.min(first + place.value, lines.length), walked = place.value - steps.length;
    const { index: active = walked < 0 && seen > first ? seen - 1 : -1, bars = [] } = steps[walked] ?? {};
    list.write(lines.map((line, i) => [`${v(i)} = ${write(line)}`, i < seen ? show(values[i]) : "",
      i < seen ? slopes(line, values[i], values).map(([slope]) => show(slope)).join(", ") : "",
      bars[i] ? show(bars[i]) : ""]));
    if (active >= 0) set(list.body.children[active], { class: "active" });
    join(walked > 0 ? active : -1);
    say(tell(seen, walked));
  };
  const compute = () => {
    values = run(lines, { x: x.value, y: y.value });
    steps = pull(lines, values);
    draw();
  };
  const read = () => {
    try {
      const read = parse(formula.value);
      if (read.length > 10) throw new SyntaxError(`Wanted at most 10 lines, got ${read.length}.`);
      lines = read;
    } catch (error) {
      set(formula, { "aria-invalid": "true" });
      return say(error.message);
    }
    formula.removeAttribute("aria-invalid");
    first = lines.filter(({ args }) => !args.length).length;
    place.limit(0, 2 * (lines.length - first) + 1, 0);
    compute();
  };
  const x = slider("x =", { min: -3, max: 3, step: .1, value: 2 }, (at) => show(at), compute);
  const y = slider("y =", { min: -3, max: 3, step: .1, value: 3 }, (at) => show(at), compute);
  const place = slider("Step", {}, String, draw);
  const by = (n) => () => { place.value += n; draw(); };
  const say = lay(stage, "walk", [field(["Formula in x and y"], formula), x.row, y.row, place.row,
    button("Step back", by(-1)), button("Step on", by(1))], [arcs, list.all]);
  read();
  return draw;
};
