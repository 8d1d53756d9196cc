// Building pieces of the page. Texts only ever become text nodes, so that no name can become markup.
ogive.dom = (() => {
  // make("td", {class: "left"}, "text", node, ...)
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };

  // The same in a drawing: svg("line", {x1: 0, ...})
  const svg = (tag, attributes = {}, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  // A section of the page with its heading, a sentence of introduction and room for switches at the right.
  const section = (id, title, lead, ...switches) => {
    const heading = make("div", {}, make("h2", { id: `${id}-title` }, title), lead ? make("p", { class: "lead-in" }, lead) : null);
    return make("section", { id, "aria-labelledby": `${id}-title` },
      make("div", { class: "head" }, heading, switches.length ? make("div", { class: "choices" }, ...switches) : null));
  };

  // A switch between a few named states: choice("label", {a: "Text", b: "Text"}, "a", (state) => ...)
  const choice = (label, states, initial, changed) => {
    const buttons = Object.entries(states).map(([state, text]) =>
      make("button", { type: "button", "aria-pressed": String(state === initial), "data-state": state }, text));
    for (const button of buttons) {
      button.addEventListener("click", () => {
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
        changed(button.dataset.state);
      });
    }
    return make("div", { class: "choice", role: "group", "aria-label": label }, ...buttons);
  };

  // A line sample in an activation's colour and dash.
  const swatch = (style) => {
    const line = svg("line", { x1: 1, y1: 5, x2: 23, y2: 5, stroke: style.colour, "stroke-width": 4, "stroke-dasharray": style.dash.join(" ") });
    return svg("svg", { viewBox: "0 0 24 10", class: "swatch", "aria-hidden": "true" }, line);
  };

  // An activation's name with its swatch, which follows the colour scheme.
  const act = (study, id, ...after) => {
    const holder = make("span", { class: "act" }, make("span", { "data-swatch": id }), make("span", { title: study.fullName(id) }, study.name(id), ...after));
    holder.firstChild.replaceChildren(swatch(ogive.theme.style(study, id)));
    return holder;
  };

  const refreshSwatches = (study) => {
    for (const holder of document.querySelectorAll("[data-swatch]"))
      holder.replaceChildren(swatch(ogive.theme.style(study, holder.dataset.swatch)));
  };

  // columns: [{title, unit, key: row -> sortable value, cell: row -> node or text, head: is the row's heading}]
  const table = (columns, rows, caption, sortable = true) => {
    const body = make("tbody");
    const fill = (ordered) => body.replaceChildren(...ordered.map((row) =>
      make("tr", {}, ...columns.map((column) => {
        const content = column.cell(row);
        const cell = make(column.head ? "th" : "td", { scope: column.head ? "row" : null, class: column.left ? "left" : null });
        cell.append(...(Array.isArray(content) ? content : [content]));
        if (column.shade) cell.style.setProperty("--amount", `${column.shade(row)}%`), cell.classList.add("shade");
        return cell;
      }))));
    const sortBy = (column, heading) => {
      const descending = heading.getAttribute("aria-sort") !== "descending";
      for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      fill([...rows].sort((a, b) => compare(column.key(a), column.key(b), descending)));
    };
    const headings = columns.map((column) => {
      const heading = make("th", { scope: "col", class: column.left ? "left" : null });
      const unit = column.unit ? make("small", {}, column.unit) : null;
      if (sortable && column.key)
        heading.append(make("button", { type: "button", onclick: () => sortBy(column, heading) }, column.title));
      else heading.append(column.title);
      if (unit) heading.append(unit);
      return heading;
    });
    fill(rows);
    return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
      make("table", { "aria-label": caption }, make("thead", {}, make("tr", {}, ...headings)), body));
  };

  // Missing values go last, whichever way the rest is sorted.
  const compare = (a, b, descending) => {
    const missing = (value) => value === null || value === undefined || Number.isNaN(value);
    if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
    const order = typeof a === "string" ? a.localeCompare(b) : a - b;
    return descending ? -order : order;
  };

  return { make, svg, section, choice, act, refreshSwatches, table };
})();
