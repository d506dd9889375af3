/* Measurements of the slide that a reveal.js deck shows. Sizes are in pixels of a 1280 x 720 screen. */
(() => {
  const TOLERANCE = 1.5; // px: rounding of scaled boxes
  const HEIGHT = 720, FOOTER = 56; // px: of a slide, and of its last line, with air above
  const JOIN = 0.1; // of the slide's height: a gap below this is spacing, not emptiness
  const SKIP = "aside.notes, aside.notes *, script, style, .katex-mathml, .katex-mathml *, svg *, math *";
  const LEAVES = "h1, h2, h3, h4, p, li, dt, dd, pre, table, img, svg, math, blockquote, figcaption, .katex-display, iframe, video, canvas";

  const label = e => window.probes.label(e);
  const slide = () => Reveal.getCurrentSlide();
  const skipped = e => e.matches(SKIP) || (e.closest(".katex") && !e.matches(".katex, .katex-html > .base"));

  const title = s => {
    const copy = s.querySelector("h1, h2, h3")?.cloneNode(true);
    copy?.querySelectorAll(".headerlink, .katex").forEach(e => e.remove());
    return (copy?.textContent || "").trim().replace(/\s+/g, " ");
  };

  const elements = () => [...slide().querySelectorAll("*")].filter(e => {
    const box = e.getBoundingClientRect();
    return !skipped(e) && box.width > 1 && box.height > 1 && window.probes.visible(e);
  });

  /* Show slide number n with everything that steps on it shown. */
  const show = async n => {
    const target = Reveal.getIndices(Reveal.getSlides()[n]);
    Reveal.slide(target.h, target.v || 0, -1);
    for (let i = 0; i < 200 && Reveal.availableFragments().next; i += 1) Reveal.nextFragment();
    await window.probes.settle();
  };

  const overflow = () => {
    const area = document.querySelector(".reveal .slides").getBoundingClientRect();
    const found = [], reported = [];
    for (const e of elements()) {
      if (reported.some(outer => outer.contains(e))) continue; // its box says it already
      const before = found.length;
      const box = e.getBoundingClientRect();
      const over = { left: area.left - box.left, right: box.right - area.right,
                     top: area.top - box.top, bottom: box.bottom - area.bottom };
      for (const [side, by] of Object.entries(over)) {
        if (by > TOLERANCE) found.push(`${label(e)} is ${Math.round(by)} px outside at the ${side}`);
      }
      const style = getComputedStyle(e);
      const cuts = s => s !== "visible" || e.matches("pre, code");
      if (e.clientWidth > 1 && cuts(style.overflowX) && e.scrollWidth > e.clientWidth + 1) {
        found.push(`${label(e)} holds ${e.scrollWidth} px in a width of ${e.clientWidth}`);
      }
      if (e.clientHeight > 1 && style.overflowY !== "visible" && e.scrollHeight > e.clientHeight + 1) {
        found.push(`${label(e)} holds ${e.scrollHeight} px in a height of ${e.clientHeight}`);
      }
      if (found.length > before) reported.push(e);
    }
    return found;
  };

  /* What leaves its band: the body stays below the title and above the line of the footer. */
  const crowded = () => {
    const body = slide().querySelector(".slide-body");
    if (!body || slide().matches(".kind-title, .kind-section")) return [];
    const area = slide().getBoundingClientRect(), scale = area.height / HEIGHT;
    const top = slide().querySelector("h1, h2, h3").getBoundingClientRect().bottom;
    const bottom = area.bottom - FOOTER * scale;
    return elements().filter(e => body.contains(e) && e !== body && !e.closest("svg")).flatMap(e => {
      const box = e.getBoundingClientRect();
      const over = [["title", top - box.top], ["footer", box.bottom - bottom]].filter(([, by]) => by > TOLERANCE);
      return over.map(([what, by]) => `${label(e)} is ${Math.round(by / scale)} px in the ${what}`);
    });
  };

  /* Pieces of text that lie on one another. A formula is one piece. */
  const overlaps = () => {
    const walker = document.createTreeWalker(slide(), NodeFilter.SHOW_TEXT);
    const pieces = new Map();
    while (walker.nextNode()) {
      const node = walker.currentNode, e = node.parentElement;
      if (!node.data.trim() || !window.probes.visible(e) || e.closest("aside.notes, svg")) continue;
      const formula = e.closest(".katex");
      if (formula && pieces.has(formula)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const boxes = formula ? [...formula.querySelectorAll(".katex-html > .base, .katex-html > .tag")]
        .map(b => b.getBoundingClientRect()) : [...range.getClientRects()];
      pieces.set(formula || node, { e: formula || e, boxes });
    }
    const shared = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left))
      * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
    const size = a => Math.max(1, a.width * a.height);
    const all = [...pieces.values()], found = [];
    all.forEach((one, i) => all.slice(i + 1).forEach(other => {
      if (one.boxes.some(a => other.boxes.some(b => shared(a, b) > 0.3 * Math.min(size(a), size(b))))) {
        found.push(`${label(one.e)} lies on ${label(other.e)}`);
      }
    }));
    return found;
  };

  /* Text, by the size at which it reaches the screen; the parts of a formula follow the formula. */
  const small = (body, code) => {
    const walker = document.createTreeWalker(slide(), NodeFilter.SHOW_TEXT);
    const found = new Map();
    while (walker.nextNode()) {
      const e = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !window.probes.visible(e)) continue;
      const formula = e.closest(".katex, math");
      if (formula ? e.closest("aside.notes") : skipped(e)) continue;
      const whole = formula ? formula.parentElement : e;
      const size = parseFloat(getComputedStyle(whole).fontSize) * Reveal.getScale();
      const least = e.closest("pre, code, kbd, samp") ? code : body;
      if (size < least - 0.25) {
        found.set(whole, `${label(whole)} is ${size.toFixed(1)} px high, at least ${least} is readable`);
      }
    }
    return [...found.values()];
  };

  const filled = () => {
    const area = document.querySelector(".reveal .slides").getBoundingClientRect();
    const boxes = elements().filter(e => e.matches(LEAVES)).map(e => e.getBoundingClientRect())
      .map(b => [Math.max(b.top, area.top), Math.min(b.bottom, area.bottom)])
      .sort((a, b) => a[0] - b[0]);
    let sum = 0, end = -Infinity;
    for (const [top, bottom] of boxes) {
      if (bottom <= end) continue;
      const from = top <= end + JOIN * area.height ? Math.max(end, -1e9) : top;
      sum += bottom - (Number.isFinite(from) ? from : top);
      end = bottom;
    }
    return sum / area.height;
  };

  const state = () => ({
    title: title(slide()),
    filled: filled(),
    overflow: [...overflow(), ...overlaps(), ...crowded()],
    section: slide().matches(".kind-section"),
    unseen: [...slide().querySelectorAll("img")].filter(i => !i.naturalWidth).map(i => i.getAttribute("src")),
    pictures: [...slide().querySelectorAll("img")].filter(i => i.getAttribute("src").includes(".svg")).length,
  });

  const notes = () => Reveal.getSlides().map(s => {
    const aside = s.querySelector(":scope aside.notes");
    const copy = aside?.cloneNode(true);
    copy?.querySelectorAll(".katex-html, annotation").forEach(e => e.remove());
    return {
      title: title(s),
      text: (copy?.textContent || "").trim(),
      minutes: (Number(s.dataset.timing) || 0) / 60,
      formulas: aside ? aside.querySelectorAll("math").length : 0,
    };
  });

  /* In the speaker's window: what of the notes can be seen, and how formulas look there. */
  const spoken = () => {
    const value = document.querySelector(".speaker-controls-notes .value");
    const shown = e => e.checkVisibility() && e.getBoundingClientRect().width > 2 && e.getBoundingClientRect().height > 2;
    const copy = value.cloneNode(true);
    copy.querySelectorAll("annotation, script, style, pre, code").forEach(e => e.remove());
    const twice = [...value.querySelectorAll(".katex")].filter(k =>
      [...k.querySelectorAll(".katex-mathml, .katex-html")].filter(shown).length > 1).length;
    return { text: copy.textContent.trim(), formulas: [...value.querySelectorAll("math, .katex-html")].filter(shown).length, twice };
  };

  const current = () => {
    const { h, v, f } = Reveal.getIndices();
    return { h, v: v || 0, f: f ?? null, dim: slide().querySelectorAll(".dim").length,
             lines: [...slide().querySelectorAll(".dim")].map(e => e.textContent).join("\n") };
  };

  window.deckprobes = { show, small, state, notes, spoken, current, count: () => Reveal.getSlides().length };
})();
