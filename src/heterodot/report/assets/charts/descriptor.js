// One number of each system against another: a band centre and a binding energy.
"use strict";
var heterodot = window.heterodot || (window.heterodot = {});
heterodot.charts = heterodot.charts || {};

heterodot.charts.descriptor = function (element, data) {
  const kit = heterodot.kit;
  const { number, svg, label, line } = kit;
  let [xName, yName] = [data.x_names[0], data.y_names[0]];

  function shown() {
    return data.points
      .map((point, k) => ({ ...point, k, px: point.x[xName], py: point.y[yName] }))
      .filter((point) => point.px && point.py);
  }

  function padded(values) {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = Math.max(0.15 * (high - low), 0.05);
    return [low - room, high + room];
  }

  function draw(root, wide) {
    const points = shown();
    const left = 62;
    const right = Math.min(wide - 10, 620);
    root.dataset.width = wide;
    const height = Math.min(360, 0.62 * (right - left) + 30);
    const x = kit.linear(padded(points.map((p) => p.px.value)), [left, right]);
    const spread = points.flatMap((p) => [-1, 1].map((s) => p.py.value + s * (p.py.spread || 0)));
    const y = kit.linear(padded(spread), [height, 12]);
    kit.yAxis(root, y, left, yName, { titleX: 14, grid: right });
    kit.xAxis(root, x, height, xName);
    const placed = [];
    for (const point of points) {
      const [cx, cy] = [x(point.px.value), y(point.py.value)];
      const flagged = point.px.flags.length + point.py.flags.length > 0;
      const colour = kit.colour(point.k);
      if (point.py.spread) {
        const reach = [y(point.py.value - point.py.spread), y(point.py.value + point.py.spread)];
        line(root, cx, reach[0], cx, reach[1], { class: "hd-leg", style: { stroke: colour } });
      }
      // open where a number is flagged, filled where none is
      const dot = svg(root, "circle", {
        cx, cy, r: 5.5, "stroke-width": 2,
        style: { stroke: colour, fill: flagged ? "var(--hd-ground)" : colour },
      });
      const flags = [...new Set([...point.px.flags, ...point.py.flags])];
      svg(dot, "title", { text: [point.name, ...flags].join("\n") });
      const text = point.short + (flagged ? " †" : "");
      const half = kit.widthOf(text, 12);
      const flip = cx + 12 + half > right;
      let at = cy + 4;
      while (placed.some((q) => Math.abs(q.y - at) < 13 && Math.abs(q.x - cx) < half + 20)) at += 13;
      placed.push({ x: cx, y: at });
      label(root, text, {
        x: flip ? cx - 10 : cx + 10, y: at, "text-anchor": flip ? "end" : "start",
        class: "hd-halo", style: { fill: kit.colour(point.k, true) },
      });
    }
    note(points);
    return height + 46;
  }

  // What † means of the two numbers that are drawn: the names of the flags of each system.
  function note(points) {
    const texts = points.map((point) => {
      const flags = [...point.px.flags, ...point.py.flags].map((flag) => flag.split(":")[0]);
      return flags.length ? `${point.short}: ${[...new Set(flags)].join(", ")}` : "";
    });
    const said = texts.filter(Boolean);
    data.daggers = said.length ? `† rests on a flag, drawn open: ${said.join("; ")}` : "";
    state?.readout.replaceChildren(kit.rich(data.daggers));
  }

  function describe() {
    const texts = shown().map((point) => {
      const flagged = point.px.flags.length + point.py.flags.length ? ", flagged" : "";
      return `${point.name} ${number(point.px.value)} and ${number(point.py.value)}${flagged}`;
    });
    return `${yName} against ${xName}: ${texts.join("; ")}.`;
  }

  function table() {
    const rows = [["system", ...data.x_names, ...data.y_names, "flags"]];
    for (const point of data.points) {
      const cells = [
        ...data.x_names.map((name) => point.x[name]), ...data.y_names.map((name) => point.y[name]),
      ];
      const flags = new Set(cells.flatMap((cell) => (cell ? cell.flags : [])));
      rows.push([point.name, ...cells.map((cell) => cell?.value ?? ""), [...flags].join("; ")]);
    }
    return rows;
  }

  let state = null;
  state = kit.frame(element, data, { draw, describe, table });
  const pick = (name, names, set) =>
    names.length > 1 &&
    kit.choice(state, {
      name, options: names.map((one) => [one, one]), value: names[0],
      onchange(value) {
        set(value);
        state.redraw();
      },
    });
  pick("across", data.x_names, (value) => (xName = value));
  pick("up", data.y_names, (value) => (yName = value));
  return kit.live(state);
};
