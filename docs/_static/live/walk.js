/* The walk back: a formula runs line by line, and its tape hands cotangents back, line by line. */
import { button, make, set, show, slider, table } from "./kit.js";
import { parse, pull, run, slopes, v, write } from "./program.js";

const MOST = 10; // lines that fit the place of the figure

export const start = (stage) => {
  const list = table("The tape", "line", "value", "local slopes", "cotangent");
  const arcs = make("svg", { "aria-hidden": "true" });
  const state = make("output", { class: "state" });
  const formula = make("input", { type: "text", spellcheck: "false", autocapitalize: "off", value: "x*y + sin(x)" });
  const rows = () => [...list.body.children];
  let lines, values, steps, first;

  /* Each line stands on its row, joined to the lines that it reads; the one that pays, in colour. */
  const join = (active) => {
    const end = arcs.clientWidth - 3;
    const y = (i) => rows()[i].offsetTop + rows()[i].offsetHeight / 2;
    arcs.replaceChildren(...lines.flatMap(({ args }, i) => args.filter((a) => a.c === undefined).map((a) => {
      const bend = Math.max(1, end - 8 - 12 * (i - a));
      const d = `M${end - 4} ${y(i)}C${bend} ${y(i)} ${bend} ${y(a)} ${end} ${y(a)}`;
      return make("path", i === active ? { class: "arc paying", d: `${d}m-8-5l8 5l-8 5` } : { class: "arc", d });
    })));
  };

  const tell = (seen, walked) => {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) return `${v(bad)} = ${write(lines[bad])} has no value here: no slopes.`;
    if (seen < lines.length) return `Forwards: ${v(seen - 1)} = ${show(values[seen - 1])}.`;
    if (walked < 0) return `The program has run. Its value is ${show(values.at(-1))}.`;
    if (!walked) return `Backwards: the output's own cotangent is 1.`;
    const { index, messages } = steps[walked - 1];
    return `${v(index)} hands ${messages.map(([what, to]) => `${show(what)} to ${v(to)}`).join(" and ")}.`
      + (walked < steps.length ? "" : ` Slopes: ${lines.slice(0, first)
        .map(({ op }, i) => `${show(steps.at(-1).bars[i])} by ${op}`).join(", ")}.`);
  };

  const draw = () => {
    const seen = Math.min(first + place.value, lines.length), walked = place.value - steps.length - 1;
    const bars = walked > 0 ? steps[walked - 1].bars : lines.map((_, i) => walked === 0 && i === lines.length - 1 ? 1 : 0);
    list.rows = lines.map((line, i) => [`${v(i)} = ${write(line)}`, i < seen ? show(values[i]) : "",
      i < seen ? slopes(line, values[i], values).map(([slope]) => show(slope)).join(", ") : "",
      bars[i] ? show(bars[i]) : ""]);
    const active = walked > 0 ? steps[walked - 1].index : walked < 0 && seen > first ? seen - 1 : -1;
    rows().forEach((row, i) => row.classList.toggle("active", i === active));
    join(walked > 0 ? active : -1);
    state.textContent = tell(seen, walked);
    back.disabled = place.value === 0;
    on.disabled = place.value === 2 * steps.length + 1;
  };
  const compute = () => {
    values = run(lines, { x: x.value, y: y.value });
    steps = pull(lines, values);
    draw();
  };
  const read = () => {
    try {
      const read = parse(formula.value);
      if (read.length > MOST) throw new SyntaxError(`Wanted at most ${MOST} lines, got ${read.length}.`);
      lines = read;
    } catch (error) {
      set(formula, { "aria-invalid": "true" });
      state.textContent = error.message;
      return;
    }
    formula.removeAttribute("aria-invalid");
    first = lines.filter(({ args }) => !args.length).length;
    const max = 2 * (lines.length - first) + 1;
    place.limit({ min: 0, max, value: max });
    compute();
  };
  formula.addEventListener("input", read);
  const x = slider("x =", { min: -3, max: 3, step: .1, value: 2 }, (at) => show(at), compute);
  const y = slider("y =", { min: -3, max: 3, step: .1, value: 3 }, (at) => show(at), compute);
  const place = slider("Step", { min: 0, max: 1, step: 1, value: 0 }, (at) => String(at), () => draw());
  const by = (n) => () => { place.value += n; draw(); };
  const back = button("Step back", by(-1)), on = button("Step on", by(1));
  stage.append(make("div", { class: "settings walk" },
    make("label", {}, make("span", {}, "Formula in x and y"), formula), x, y, place, back, on),
  make("div", { class: "tape" }, arcs, list), state);
  read();
  place.value = 0;
  return draw;
};
