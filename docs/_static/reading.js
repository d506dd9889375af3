/* Contents of the page: the entry that is read is marked, and a drawer closes when it has been used. */
(() => {
  /* The theme marks an entry only when its heading scrolls past; a jump passes none. So it does not find
     the contents under the name that it looks for, and they are marked here by where the page stands. */
  const contents = document.querySelector("#pst-page-toc-nav");
  const entries = [...contents?.querySelectorAll("a[href^='#']") ?? []].map(link =>
    [link, document.getElementById(decodeURIComponent(link.hash.slice(1)))]).filter(([, section]) => section);
  let jumped = null, waiting = false;

  const top = section => (section.querySelector("h1, h2, h3, h4") ?? section).getBoundingClientRect().top;
  /* To ask where a heading stands lays out the section around it: where that section begins is asked
     first, which costs nothing, so that a page far from the reader is not laid out for its contents. */
  const outer = section => section.closest(".bd-article > section > section") ?? section;
  const above = (section, line) => outer(section).getBoundingClientRect().top < line && top(section) < line;
  const current = () => {
    if (jumped && top(jumped[1]) >= 0 && top(jumped[1]) < innerHeight) return jumped;
    const end = scrollY > 0 && scrollY + innerHeight > document.documentElement.scrollHeight - 4;
    return end ? entries.at(-1) : entries.findLast(([, section]) => above(section, innerHeight * .3));
  };
  const mark = () => {
    waiting = false;
    const [here] = current() ?? [];
    for (const [link] of entries) {
      link.classList.toggle("active", link === here);
      if (link === here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    for (const item of document.querySelectorAll(".page-toc .toc-entry"))
      item.classList.toggle("active", item.contains(here ?? null));
  };
  const soon = () => {
    if (!waiting) requestAnimationFrame(mark);
    waiting = true;
  };
  const jump = () => {
    jumped = entries.find(([link]) => link.hash === location.hash);
    soon();
  };
  if (entries.length) {
    contents.removeAttribute("id");
    addEventListener("scroll", soon, { passive: true });
    addEventListener("resize", soon);
    addEventListener("hashchange", jump);
    for (const own of ["wheel", "touchmove", "keydown"])
      addEventListener(own, () => { jumped = null; }, { passive: true });
    jump();
  }

  for (const drawer of document.querySelectorAll("dialog[id$='-sidebar-modal']"))
    drawer.addEventListener("click", event => { if (event.target.closest("a[href]")) drawer.close(); });
})();
