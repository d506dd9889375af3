/* What live figures share: elements, controls, numbers in words, a plot. */
/* A function listens to the event of its name. */
export const set = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes))
    if (value instanceof Function) element.addEventListener(name, value);
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  return element;
};
export const make = (name, attributes = {}, ...children) => {
  const space = /^(svg|g|path|text|image)$/.test(name) ? "2000/svg" : "1999/xhtml";
  const element = document.createElementNS(`http://www.w3.org/${space}`, name);
  element.append(...children);
  return set(element, attributes);
};

/* --- numbers: for the eye 3.1·10⁻⁹, for the ear 3.1 times 10 to the minus 9 --- */
export const power = (n) => `10${String(n).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻")}`;
export const sci = (v, digits = 2) => {
  const [head, tail] = v.toExponential(digits - 1).split("e");
  return v === 0 ? "0" : `${head.replace("-", "−")}·${power(Number(tail))}`;
};
export const show = (v, digits = 4) => {
  const size = Math.abs(v);
  if (size < 1e-3 && size > 0 || size >= 1e6) return sci(v, digits);
  return String(Number(v.toPrecision(digits))).replace("-", "−");
};
const spoken = (text) => text.replace(/·10(\S+)/, (_, n) => ` times 10 to the ${n}`)
  .normalize("NFKC").replaceAll("−", "minus ");

/* --- parts of a figure: a control is a label with a native element in it --- */
export const field = (name, input) => make("label", {}, make("span", {}, ...name), input);
export const slider = (name, range, say, changed) => {
  const input = make("input", { type: "range", ...range, input: () => { tell(); changed(); } });
  const shown = make("b");
  const tell = () => {
    shown.textContent = say(self.value);
    set(input, { "aria-valuetext": spoken(shown.textContent) });
  };
  const self = {
    row: field([`${name} `, shown], input),
    get value() { return Number(input.value); },
    set value(v) { input.value = v; tell(); },
    limit(min, max, value) { set(input, { min, max }); self.value = value; },
  };
  tell();
  return self;
};
export const choice = (name, options, changed) => {
  const words = Object.keys(options).map((option) => make("option", {}, option));
  const input = make("select", { change: changed }, ...words);
  return { row: field([name], input), get value() { return input.value; } };
};
export const button = (name, click) => make("button", { type: "button", click }, name);
export const table = (...heads) => {
  const cells = (kind, row) => make("tr", {}, ...row.map((text) => make(kind, {}, text)));
  const body = make("tbody");
  return {
    body, all: make("table", {}, make("thead", {}, cells("th", heads)), body),
    write: (rows) => body.replaceChildren(...rows.map((row) => cells("td", row))),
  };
};
/* Puts a figure together; returns what says its state. */
export const lay = (stage, kind, settings, panels) => {
  const state = make("output");
  stage.classList.add(kind);
  stage.append(make("div", { class: "settings" }, ...settings),
    make("div", { class: "panels" }, ...panels), state);
  return (words) => { state.textContent = words; };
};

/* --- a plot: axes, and named marks that are moved --- */
const ticks = (low, high) => {
  const step = [.2, .5, 1, 2, 5, 10, 20].find((s) => (high - low) / s <= 5), all = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) all.push(at);
  return all;
};
export const plot = (title) => {
  const frame = make("g"), inner = make("svg"), marks = {};
  let size = [300, 200, 14], last; // asking costs a layout
  const svg = make("svg", { role: "img", "aria-label": title }, frame, inner);
  new ResizeObserver(() => {
    const { clientWidth: width, clientHeight: height } = svg;
    if (width) size = [width, height, parseFloat(getComputedStyle(svg).fontSize)];
  }).observe(svg);
  const mark = (name) =>
    marks[name] ?? inner.appendChild(marks[name] = make("path", { class: name }));
  const self = {
    svg,
    /* The names of both axes, then those of lines. */
    frame([x0, x1], [y0, y1], names, say = show, up = say) {
      if (last === (last = [x0, x1, y0, y1, names, size].join())) return;
      const [width, height, em] = size;
      const left = 3 * em, right = width - em, top = 1.6 * em, bottom = height - 2.7 * em;
      self.x = (x) => (x - x0) / (x1 - x0) * (right - left);
      self.y = (y) => (y1 - y) / (y1 - y0) * (bottom - top);
      self.back = (across, down) => [x0 + (across - left) / (right - left) * (x1 - x0),
        y1 - (down - top) / (bottom - top) * (y1 - y0)];
      set(inner, { x: left, y: top, width: right - left, height: bottom - top });
      const write = (x, y, anchor, text, kind = "tick") =>
        make("text", { x, y, "text-anchor": anchor, class: kind }, text);
      const [below, above, ...keys] = names;
      const texts = keys.map((key, i) => write(right - 5 * em * i, em, "end", key, key));
      texts.push(write(right, height - .3 * em, "end", below), write(2, em, "start", above));
      let d = `M${left} ${top}V${bottom}H${right}`;
      for (const v of ticks(x0, x1)) {
        const x = left + self.x(v);
        d += `M${x} ${bottom}v4`;
        texts.push(write(x, bottom + 1.2 * em, "middle", say(v)));
      }
      for (const v of ticks(y0, y1)) {
        const y = top + self.y(v);
        d += `M${left} ${y}h-4`;
        texts.push(write(left - .5 * em, y + .35 * em, "end", up(v)));
      }
      frame.replaceChildren(make("path", { d, class: "axes" }), ...texts);
    },
    line(name, points, join = "L", end = "") {
      const seen = points.filter(([, y]) => Number.isFinite(y));
      const at = seen.map(([x, y]) => `${self.x(x)} ${self.y(y)}${end}`);
      set(mark(name), { d: at.length ? `M${at.join(join)}` : "" });
    },
    straight: (name, x, y, slope) => self.line(name, [-9, 9].map((t) => [x + t, y + t * slope])),
    dots: (name, points) => self.line(name, points, "M", "h0"),
    /* A curve in a frame with a share left free; returns a height near the lower edge. */
    curve(low, high, f, share, names) {
      const points = Array.from({ length: 81 }, (_, i) => low + (high - low) * i / 80)
        .map((x) => [x, f(x)]);
      const ys = points.map(([, y]) => y), bottom = Math.min(...ys), top = Math.max(...ys);
      const free = share * (top - bottom);
      self.frame([low, high], [bottom - free, top + free], names);
      self.line("curve", points);
      return bottom - .8 * free;
    },
    arrow(name, [x0, y0], [x1, y1]) {
      const [a, b, c, d] = [self.x(x0), self.y(y0), self.x(x1), self.y(y1)];
      const size = 9 / Math.hypot(c - a, d - b), u = (c - a) * size, w = (d - b) * size;
      const head = `${-u - w / 2} ${u / 2 - w}M${c} ${d}l${w / 2 - u} ${-w - u / 2}`;
      set(mark(name), { d: `M${a} ${b}L${c} ${d}l${head}` });
    },
    /* Moving the pointer with its button down gives x and y; a slide is scaled. */
    drag(moved) {
      const move = ({ buttons, pointerId, clientX, clientY }) => {
        if (!buttons) return;
        svg.setPointerCapture(pointerId);
        const { left, top, width } = svg.getBoundingClientRect(), scale = size[0] / width;
        moved(...self.back((clientX - left) * scale, (clientY - top) * scale));
      };
      set(svg, { class: "drag", pointerdown: move, pointermove: move });
    },
  };
  return self;
};
