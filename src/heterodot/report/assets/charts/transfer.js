// Electrons that each fragment gained, by partition: points on one axis, for partitions differ.
"use strict";
var heterodot = window.heterodot || (window.heterodot = {});
heterodot.charts = heterodot.charts || {};

heterodot.charts.transfer = function (element, data) {
  const kit = heterodot.kit;
  const { number, svg, label, line } = kit;
  const kinds = [...new Set(
    data.systems.flatMap((s) => s.fragments.flatMap((f) => Object.keys(f.gained)))
  )];
  const on = new Map(kinds.map((kind) => [kind, true]));
  const rows = data.systems.flatMap((system) =>
    system.fragments.map((fragment) => ({ system, fragment }))
  );
  const signed = (value) => (value > 0 ? "+" : "") + number(value, 3);

  function draw(root, wide) {
    const names = rows.map(({ system, fragment }) =>
      data.systems.length > 1 ? `${system.short}: ${fragment.name}` : fragment.name
    );
    const left = Math.min(0.42 * wide, 24 + Math.max(...names.map((name) => kit.widthOf(name))));
    const right = wide - 16;
    const values = rows.flatMap(({ fragment }) => Object.values(fragment.gained));
    const shown = kinds.filter((kind) => on.get(kind));
    // the longest bar leaves room for the number beside it
    const say = (value, kind) => signed(value) + (wide < 560 ? "" : ` ${kind}`);
    const beside = 24 + Math.max(0, ...shown.map((kind) => kit.widthOf(say(0.001, kind), 11)));
    const sides = [values.some((v) => v < 0), values.some((v) => v >= 0)];
    const reach = Math.max(0.01, ...values.map(Math.abs));
    const scale = (right - left - beside * (sides[0] + sides[1])) / (reach * (sides[0] + sides[1]));
    const out = reach + beside / scale;
    const x = kit.linear([sides[0] ? -out : 0, sides[1] ? out : 0], [left, right]);
    const each = 18 + 17 * Math.max(1, shown.length);
    const bottom = rows.length * each + 6;
    line(root, x(0), 0, x(0), bottom, { class: "hd-mark" });
    rows.forEach(({ system, fragment }, k) => {
      const top = 6 + k * each;
      if (k) line(root, 0, top - 3, right, top - 3, { class: "hd-grid" });
      const name = names[k] + (system.flags.length ? " †" : "");
      const text = label(root, name, { x: 0, y: top + each / 2, "font-size": 12 });
      if (system.flags.length) svg(text, "title", { text: system.flags.join("\n") });
      shown.forEach((kind, row) => {
        const value = fragment.gained[kind];
        if (value === undefined) return;
        const y = top + 10 + 17 * row;
        const shade = kinds.indexOf(kind);
        line(root, x(0), y, x(value), y, { class: "hd-bar", style: { stroke: kit.colour(shade) } });
        svg(root, "circle", { cx: x(value), cy: y, r: 4.5, style: { fill: kit.colour(shade) } });
        const after = value >= 0;
        label(root, say(value, kind), {
          x: x(value) + (after ? 9 : -9), y: y + 4, "text-anchor": after ? "start" : "end",
          "font-size": 11, class: "hd-halo", style: { fill: kit.colour(shade, true) },
        });
      });
    });
    kit.xAxis(root, x, bottom, "Electrons gained");
    return bottom + 46;
  }

  function describe() {
    const texts = rows.map(({ system, fragment }) => {
      const each = Object.entries(fragment.gained).map(([kind, v]) => `${signed(v)} ${kind}`);
      const whose = data.systems.length > 1 ? `${system.name}, ` : "";
      return `${whose}${fragment.name}: ${each.join(", ")}${system.flags.length ? ", flagged" : ""}`;
    });
    return `${texts.join("; ")}.`;
  }

  function table() {
    const head = ["system", "fragment", "partition", "electrons gained", "flags"];
    const body = rows.flatMap(({ system, fragment }) =>
      Object.entries(fragment.gained).map(([kind, value]) =>
        [system.name, fragment.name, kind, value, system.flags.join("; ")]
      )
    );
    return [head, ...body];
  }

  const state = kit.frame(element, data, { draw, describe, table });
  if (kinds.length > 1) {
    kinds.forEach((kind, shade) =>
      kit.toggle(state, {
        name: kind, shade, on: true, title: `Show or hide ${kind} charges`,
        onclick(now) {
          on.set(kind, now);
          state.redraw();
        },
      })
    );
  }
  return kit.live(state);
};
