// What every chart of the report is made with: SVG, scales, axes, typesetting, the frame with its
// controls, a reading cursor, and downloads. Colours are CSS custom properties (charts.css), so that
// a chart follows the page from light to dark.
"use strict";
var heterodot = window.heterodot || (window.heterodot = {});
heterodot.charts = heterodot.charts || {};

heterodot.kit = (function () {
  const NS = "http://www.w3.org/2000/svg";
  const ELEMENTS = new Set(
    ("H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se " +
      "Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb " +
      "Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi").split(" ")
  );

  // ---- elements -------------------------------------------------------------------------------
  // Styles go through the CSS object model: a page may forbid style attributes.
  function dress(node, attributes) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
      else if (name === "text") node.textContent = value;
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    return node;
  }

  function html(tag, attributes, ...children) {
    const node = dress(document.createElement(tag), attributes);
    for (const child of children) if (child) node.append(child);
    return node;
  }

  function svg(parent, tag, attributes) {
    const node = dress(document.createElementNS(NS, tag), attributes);
    if (parent) parent.append(node);
    return node;
  }

  // The colour of the n-th thing; `text` is darker (or lighter), to be read.
  function colour(index, text) {
    return `var(--hd-${text ? "text" : "accent"}-${(index % 8) + 1})`;
  }

  // ---- numbers and names ----------------------------------------------------------------------
  function number(value, digits = 2) {
    if (value === null || value === undefined || !isFinite(value)) return "–";
    const text = value.toFixed(digits);
    return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "\u2212");
  }

  // A number for a file: a plain minus, enough digits.
  const plain = (value) =>
    typeof value === "number" ? String(Number(value.toPrecision(8))) : String(value ?? "");

  function isFormula(word) {
    const parts = word.match(/[A-Z][a-z]?|\d+/g) || [];
    if (parts.join("") !== word || !/\d/.test(word)) return false;
    const symbols = parts.filter((part) => /^[A-Z]/.test(part));
    const known = symbols.every((symbol) => ELEMENTS.has(symbol));
    return known && (symbols.length > 1 || /^(H|N|O|F|Cl|Br|I)2$|^O3$/.test(word));
  }

  // Pieces {text, shift} of a name: formulae and Kröger-Vink defects with what is raised or lowered.
  function pieces(text) {
    const found = [];
    const push = (piece, shift) => piece && found.push({ text: piece, shift: shift || 0 });
    const pattern = /([A-Z][a-z]?)_([A-Z][a-z]?|VBM|vac|ads|i|eq)(?![A-Za-z])(['′]+|[•×]+)?|[A-Za-z0-9]+/g;
    let last = 0;
    for (const match of text.matchAll(pattern)) {
      push(text.slice(last, match.index));
      last = match.index + match[0].length;
      if (match[1]) {
        push(match[1]);
        push(match[2], -1);
        const charge = (match[3] || "").replace(/['′]/g, "′"); // primes stand high by themselves
        push(charge, charge.startsWith("′") ? 0 : 1);
        continue;
      }
      if (!isFormula(match[0])) push(match[0]);
      else for (const part of match[0].split(/(\d+)/)) push(part, /^\d+$/.test(part) ? -1 : 0);
    }
    push(text.slice(last));
    return found.map((p) => ({ ...p, text: p.text.replace(/(^|[^\w.–-])-(?=\d)/g, "$1\u2212") }));
  }

  function label(parent, text, attributes) {
    const node = svg(parent, "text", { "font-size": 12, ...attributes });
    node.style.fill = node.style.fill || "var(--hd-ink)";
    let raised = 0;
    for (const piece of pieces(text)) {
      const size = Number(node.getAttribute("font-size"));
      const at = -piece.shift * size * 0.28;
      const span = svg(node, "tspan", { text: piece.text, dy: at - raised || null });
      if (piece.shift) span.setAttribute("font-size", size * 0.78);
      raised = at;
    }
    return node;
  }

  function rich(text, tag = "span", attributes) {
    const node = html(tag, attributes);
    for (const piece of pieces(text)) {
      const inner = piece.shift > 0 ? "sup" : piece.shift < 0 ? "sub" : "span";
      node.append(html(inner, { text: piece.text }));
    }
    return node;
  }

  const canvas = document.createElement("canvas").getContext("2d");
  function widthOf(text, size = 12) {
    canvas.font = `${size}px system-ui, sans-serif`;
    return canvas.measureText(text).width;
  }

  // ---- scales and axes ------------------------------------------------------------------------
  function linear(domain, range) {
    const slope = (range[1] - range[0]) / (domain[1] - domain[0] || 1);
    const scale = (value) => range[0] + (value - domain[0]) * slope;
    scale.invert = (place) => domain[0] + (place - range[0]) / slope;
    return Object.assign(scale, { domain, range });
  }

  function logarithmic(domain, range) {
    const inner = linear(domain.map(Math.log10), range);
    const scale = (value) => inner(Math.log10(value));
    scale.invert = (place) => 10 ** inner.invert(place);
    return Object.assign(scale, { domain, range, log: true });
  }

  function ticks(scale, count) {
    const [low, high] = [Math.min(...scale.domain), Math.max(...scale.domain)];
    if (scale.log) {
      const found = [];
      const [a, b] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
      const step = Math.max(1, Math.ceil((b - a) / count));
      for (let k = a; k <= b; k += step) found.push(10 ** k);
      return { values: found, digits: 0 };
    }
    const rough = (high - low) / Math.max(1, count);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const values = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
      values.push(k * step);
    }
    return { values, digits };
  }

  function tickText(value, digits, log) {
    if (!log) return number(value, digits);
    const power = Math.round(Math.log10(value));
    if (power >= -2 && power <= 3) return String(Number(value.toPrecision(1)));
    return "10" + String(power).replace(/./g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
  }

  function xAxis(g, scale, y, title, options = {}) {
    const [a, b] = scale.range;
    svg(g, "line", { x1: a, x2: b, y1: y, y2: y, class: "hd-axis" });
    const { values, digits } = ticks(scale, Math.max(2, Math.round(Math.abs(b - a) / 62)));
    for (const value of values) {
      const x = scale(value);
      svg(g, "line", { x1: x, x2: x, y1: y, y2: y + 5, class: "hd-axis" });
      const text = tickText(value, digits, scale.log);
      label(g, text, { x, y: y + 18, "text-anchor": "middle", class: "hd-tick" });
    }
    if (title) {
      const attributes = { x: (a + b) / 2, y: y + 38, "text-anchor": "middle" };
      label(g, title, { ...attributes, ...options.title });
    }
  }

  function yAxis(g, scale, x, title, options = {}) {
    const [a, b] = scale.range;
    svg(g, "line", { x1: x, x2: x, y1: a, y2: b, class: "hd-axis" });
    const count = options.count || Math.max(2, Math.round(Math.abs(b - a) / 48));
    const { values, digits } = ticks(scale, count);
    for (const value of values) {
      const y = scale(value);
      svg(g, "line", { x1: x - 5, x2: x, y1: y, y2: y, class: "hd-axis" });
      if (options.grid) {
        svg(g, "line", { x1: x, x2: options.grid, y1: y, y2: y, class: "hd-grid" });
      }
      const text = tickText(options.absolute ? Math.abs(value) : value, digits, scale.log);
      label(g, text, { x: x - 8, y: y + 4, "text-anchor": "end", class: "hd-tick" });
    }
    if (title) {
      const [px, py] = [options.titleX ?? x - 42, options.titleY ?? (a + b) / 2];
      label(g, title, { transform: `translate(${px},${py}) rotate(-90)`, "text-anchor": "middle" });
    }
  }

  // Bottom edges (pixels, growing downwards) of labels above levels, moved apart so that none
  // covers another: in groups, stacked above the highest, as heterodot.analysis.thermo.labels.
  function stack(places, height, gap) {
    const order = places.map((_, k) => k).sort((p, q) => places[q] - places[p]);
    const groups = [];
    const top = (group) => Math.min(...group.map((k) => places[k])) - 2 * gap - group.length * height;
    for (const k of order) {
      const current = groups[groups.length - 1];
      if (current && places[k] > top(current)) current.push(k);
      else groups.push([k]);
    }
    const found = [];
    for (const group of groups) {
      const base = Math.min(...group.map((k) => places[k])) - gap;
      group.forEach((k, rank) => (found[k] = base - rank * height));
    }
    return found;
  }

  // Sorted places moved apart by at least `spacing`, each as little as clusters allow.
  function apart(values, spacing) {
    const groups = values.map((v) => [v]);
    const centres = values.slice();
    for (let i = 0; i + 1 < groups.length; ) {
      const need = (spacing * (groups[i].length + groups[i + 1].length)) / 2;
      if (centres[i + 1] - centres[i] < need - 1e-9) {
        groups.splice(i, 2, [...groups[i], ...groups[i + 1]]);
        centres.splice(i, 2, groups[i].reduce((a, b) => a + b, 0) / groups[i].length);
        i = Math.max(0, i - 1);
      } else i++;
    }
    return groups.flatMap((group, i) =>
      group.map((_, k) => centres[i] + spacing * (k - (group.length - 1) / 2))
    );
  }

  // ---- downloads ------------------------------------------------------------------------------
  function save(name, type, text) {
    const link = html("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // Rows as CSV; a cell that a spreadsheet would run is kept a text.
  function csv(rows) {
    const cell = (value) => {
      let text = plain(value);
      if (typeof value !== "number" && /^[=+@\t\r]|^-(?!\d)/.test(text)) text = `'${text}`;
      return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
  }

  // Paint that need not be said: what SVG takes anyway.
  const USUAL = { opacity: "1", "fill-opacity": "1", "stroke-linecap": "butt", "stroke-width": "1px",
    "stroke-linejoin": "miter", "font-weight": "400", "paint-order": "normal",
    "stroke-dasharray": "none", stroke: "none" };

  const PAINT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "fill-opacity", "font-family",
    "font-size", "font-weight", "stroke-linecap", "stroke-linejoin", "opacity", "paint-order"];

  // Below a drawing that leaves the page, what the page's legend says: [{text, colour}].
  function addKey(root, key) {
    let [, , width, height] = root.getAttribute("viewBox").split(" ").map(Number);
    let [x, y] = [8, height + 14];
    for (const { text, colour: paint } of key) {
      const wide = widthOf(text) + (paint ? 36 : 16);
      if (x > 8 && x + wide > width) [x, y] = [8, y + 17];
      if (paint) svg(root, "rect", { x, y: y - 6, width: 14, height: 4, style: { fill: paint } });
      label(root, text, { x: x + (paint ? 20 : 0), y });
      x += wide;
    }
    if (key.length) root.setAttribute("viewBox", `0 0 ${width} ${y + 10}`);
  }

  // The drawing as a file that stands alone: light ground, every style written into it.
  function svgText(figure, node, data, key) {
    const paper = html("div", { class: "hd-chart hd-paper" });
    const copy = node.cloneNode(true);
    paper.append(copy);
    addKey(copy, key);
    figure.parentNode.append(paper);
    for (const part of [copy, ...copy.querySelectorAll("*")]) {
      if (part.classList.contains("hd-live")) {
        part.remove();
        continue;
      }
      if (["title", "desc"].includes(part.localName)) continue;
      const style = getComputedStyle(part);
      const own = PAINT.map((name) => [name, style.getPropertyValue(name)]);
      part.removeAttribute("style");
      for (const [name, value] of own) {
        if (USUAL[name] === value) continue;
        const rgb = value.match(/^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)/);
        const known = rgb ? `rgb(${rgb.slice(1).map((v) => Math.round(v * 255)).join(",")})` : value;
        if (value) part.setAttribute(name, known);
      }
      for (const name of ["class", "tabindex"]) part.removeAttribute(name);
    }
    paper.remove();
    const [, , width, height] = copy.getAttribute("viewBox").split(" ");
    const ground = svg(null, "rect", { width, height, fill: "#ffffff" });
    const about = svg(null, "desc", { text: [data.caption, data.daggers].filter(Boolean).join(" ") });
    copy.prepend(svg(null, "title", { text: data.title }), about, ground);
    dress(copy, { xmlns: NS, width, height });
    return new XMLSerializer().serializeToString(copy);
  }

  // ---- the frame ------------------------------------------------------------------------------
  // Builds the figure round a drawing: title, controls, legend, SVG, reading line, caption, buttons.
  // `draw(root, width)` fills an empty <svg> and returns its height; `table()` returns rows; `key()`
  // what a file must have of the legend.
  function frame(element, data, { draw, table, describe, help, key = () => [] }) {
    element.replaceChildren();
    const controls = html("div", { class: "hd-controls" });
    const legend = html("div", { class: "hd-legend" });
    const root = svg(null, "svg", { role: "img", tabindex: 0 });
    const plot = html("div", { class: "hd-plot" }, root);
    const readout = html("p", { class: "hd-readout", "aria-live": "polite" });
    const actions = html("div", { class: "hd-actions" });
    const figure = html("figure", { class: `hd-chart hd-${data.kind}` });
    const caption = html("figcaption", { class: "hd-caption" });
    for (const text of [data.caption, data.daggers]) if (text) caption.append(rich(text, "p"));
    figure.append(rich(data.title, "div", { class: "hd-title" }), controls, legend, plot, readout);
    figure.append(caption, actions);
    element.append(figure);
    const state = { figure, controls, legend, root, readout, actions, width: 0 };
    state.redraw = function () {
      const width = Math.max(280, Math.floor(plot.clientWidth || 640));
      state.width = width;
      root.replaceChildren();
      const height = draw(root, width);
      const own = Number(root.dataset.width || width);
      dress(root, { viewBox: `0 0 ${own} ${height}`, width: own, height, class: "hd-svg" });
      root.setAttribute("aria-label", `${data.title}. ${describe()}`);
    };
    action(state, "SVG", "Download the drawing as SVG", () =>
      save(`${data.name}.svg`, "image/svg+xml", svgText(figure, root, data, key()))
    );
    if (table) {
      action(state, "CSV", "Download the numbers as CSV", () =>
        save(`${data.name}.csv`, "text/csv", csv(table()))
      );
    }
    if (help) root.setAttribute("aria-description", help);
    state.svgText = () => svgText(figure, root, data, key());
    state.csvText = () => csv(table());
    element.heterodot = state;
    return state;
  }

  // Draw now, and again whenever the width changes.
  function live(state) {
    state.redraw();
    let waiting = 0;
    new ResizeObserver(() => {
      const now = Math.max(280, Math.floor(state.root.parentNode.clientWidth || 640));
      if (Math.abs(now - state.width) < 2 || !state.root.parentNode.clientWidth) return;
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(state.redraw);
    }).observe(state.root.parentNode);
    return state;
  }

  function action(state, text, title, onclick) {
    const button = html("button", { type: "button", text, title, "aria-label": title, onclick });
    state.actions.append(button);
    return button;
  }

  let counter = 0;
  // A slider with its name and value; returns {set, value, disable}.
  function slider(state, { name, unit, min, max, step, value, digits, oninput, note }) {
    const id = `hd-slider-${++counter}`;
    const input = html("input", { type: "range", id, min, max, step, value });
    const output = html("output", { for: id });
    const box = html("div", { class: "hd-slider" }, rich(name, "label", { for: id }), input, output);
    const hint = html("span", { class: "hd-note" });
    box.append(hint);
    const show = () => {
      output.textContent = `${number(Number(input.value), digits)}${unit ? " " + unit : ""}`;
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.addEventListener("input", () => {
      show();
      oninput(Number(input.value));
    });
    state.controls.append(box);
    const made = {
      input,
      unit(next) {
        unit = next;
        show();
      },
      set(next) {
        input.value = next;
        show();
      },
      disable(why) {
        input.disabled = Boolean(why);
        box.classList.toggle("hd-off", Boolean(why));
        hint.textContent = why || "";
      },
    };
    show();
    made.disable(note);
    return made;
  }

  function choice(state, { name, options, value, onchange }) {
    const id = `hd-choice-${++counter}`;
    const select = html("select", { id });
    for (const [key, text] of options) {
      select.append(html("option", { value: key, text, selected: key === value }));
    }
    select.addEventListener("change", () => onchange(select.value));
    const box = html("div", { class: "hd-choice" }, html("label", { for: id, text: name }), select);
    state.controls.append(box);
    return select;
  }

  // A word before legend entries that belong together.
  function group(state, text) {
    state.group = html("div", { class: "hd-set" }, html("span", { class: "hd-group", text }));
    state.legend.append(state.group);
  }

  // A legend entry that switches something on and off; `shade` is the index of its colour.
  function toggle(state, { name, detail, shade, on, onclick, title }) {
    const button = html("button", { type: "button", "aria-pressed": String(on), title });
    const swatch = html("span", { class: "hd-swatch", "aria-hidden": "true" });
    if (shade !== null && shade !== undefined) swatch.style.setProperty("--hd-own", colour(shade));
    button.append(swatch, rich(name));
    const more = html("span", { class: "hd-detail" });
    if (detail) more.append(rich(detail));
    button.append(more);
    button.addEventListener("click", () => {
      const now = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(now));
      onclick(now);
    });
    (state.group || state.legend).append(button);
    return {
      button,
      say(text) {
        more.replaceChildren(rich(text));
      },
    };
  }

  // A line that follows the pointer, and the arrow keys while the drawing has the focus; dragging
  // chooses a range. `area` is {x0, x1, y0, y1, scale}; `read(value)` returns text for the readout.
  function cursor(state, get) {
    const { root, readout } = state;
    let at = null;
    let start = null;
    const place = (event) => {
      const box = root.getBoundingClientRect();
      const wide = root.viewBox.baseVal.width || box.width;
      return ((event.clientX - box.left) * wide) / box.width;
    };
    function show(x) {
      const area = get();
      if (!area) return;
      const inside = Math.max(area.x0, Math.min(area.x1, x));
      at = inside;
      root.querySelectorAll(".hd-live").forEach((node) => node.remove());
      const bounds = { y1: area.y0, y2: area.y1 };
      svg(root, "line", { x1: inside, x2: inside, ...bounds, class: "hd-cursor hd-live" });
      if (start !== null && Math.abs(start - inside) > 3) {
        svg(root, "rect", {
          x: Math.min(start, inside), width: Math.abs(start - inside),
          y: area.y0, height: area.y1 - area.y0, class: "hd-drag hd-live",
        });
      }
      readout.replaceChildren(rich(area.read(area.scale.invert(inside))));
    }
    root.addEventListener("pointermove", (event) => show(place(event)));
    root.addEventListener("pointerleave", () => {
      if (start === null) root.querySelectorAll(".hd-live").forEach((node) => node.remove());
    });
    root.addEventListener("pointerdown", (event) => {
      const area = get();
      if (!area || !area.zoom || event.button) return;
      start = Math.max(area.x0, Math.min(area.x1, place(event)));
      if (event.pointerId !== undefined && event.isTrusted) root.setPointerCapture(event.pointerId);
    });
    root.addEventListener("pointerup", (event) => {
      const area = get();
      if (start === null || !area) return;
      const end = Math.max(area.x0, Math.min(area.x1, place(event)));
      const chosen = [area.scale.invert(start), area.scale.invert(end)].sort((a, b) => a - b);
      const wide = Math.abs(end - start) > 6;
      start = null;
      if (wide) area.zoom(chosen);
    });
    root.addEventListener("dblclick", () => get()?.zoom?.(null));
    root.addEventListener("keydown", (event) => {
      const area = get();
      if (!area) return;
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const [low, high] = [...area.scale.domain].sort((a, b) => a - b);
      const middle = area.scale.invert(at ?? (area.x0 + area.x1) / 2);
      if (step) show((at ?? (area.x0 + area.x1) / 2) + step * (event.shiftKey ? 20 : 3));
      else if (area.zoom && (event.key === "+" || event.key === "-")) {
        const half = ((high - low) / 2) * (event.key === "+" ? 0.7 : 1 / 0.7);
        area.zoom([middle - half, middle + half]);
      } else if (area.zoom && event.key === "Escape") area.zoom(null);
      else return;
      event.preventDefault();
    });
  }

  function path(points) {
    return points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)},${y.toFixed(2)}`).join("");
  }

  function line(parent, x1, y1, x2, y2, attributes) {
    return svg(parent, "line", { x1, y1, x2, y2, ...attributes });
  }

  return { html, svg, label, rich, colour, number, plain, linear, logarithmic, ticks, xAxis, yAxis,
    stack, apart, frame, live, action, slider, choice, group, toggle, cursor, path, line, widthOf, csv, save };
})();

// Draw any chart: its kind says which function.
heterodot.draw = function (element, data) {
  const chart = heterodot.charts[data.kind];
  if (!chart) throw new Error(`chart of kind ${data.kind}: none is known`);
  return chart(element, data);
};
