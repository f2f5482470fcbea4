// Band edges beside redox levels: against the vacuum, NHE or RHE, at any pH.
"use strict";
var heterodot = window.heterodot || (window.heterodot = {});
heterodot.charts = heterodot.charts || {};

// An energy (eV from the vacuum) or a potential (V vs NHE) on a scale at a pH, as
// heterodot.analysis.alignment.redox.
heterodot.onScale = function (nhe, at, constants) {
  if (at.scale === "vacuum") return -nhe - constants.nhe;
  return nhe + (at.scale === "RHE" ? constants.nernst * at.pH : 0);
};
heterodot.edgeOn = function (energy, nernstian, at, constants) {
  if (energy === null) return null;
  const shift = nernstian ? constants.nernst * (at.pH - constants.table_pH) : 0;
  return heterodot.onScale(-(energy + shift) - constants.nhe, at, constants);
};
heterodot.redoxOn = function (level, at, constants) {
  const nhe = level.neutral - constants.nernst * level.protons * (at.pH - constants.table_pH);
  return heterodot.onScale(nhe, at, constants);
};

heterodot.charts.alignment = function (element, data) {
  const kit = heterodot.kit;
  const { number, svg, label, line } = kit;
  const at = { scale: data.scale, pH: data.pH };
  const mark = (flags) => (flags.length ? "†" : "");
  const edges = (material) =>
    [material.vbm, material.cbm].map((e) => heterodot.edgeOn(e, material.nernstian, at, data.constants));
  const levels = () =>
    data.redox.map((level) => ({ ...level, value: heterodot.redoxOn(level, at, data.constants) }));
  const unit = () => (at.scale === "vacuum" ? "eV" : "V");
  const axis = () =>
    at.scale === "vacuum"
      ? "Energy − E_vac (eV)"
      : `Potential (V vs ${at.scale}${at.scale === "RHE" ? `, pH ${number(at.pH, 1)}` : ""})`;

  function draw(root, width) {
    const left = 56;
    const names = 146;
    const n = data.materials.length;
    const wide = Math.max(width, left + names + 64 * n);
    root.dataset.width = wide;
    const height = 400;
    const redox = levels();
    const all = [...data.materials.flatMap(edges), ...redox.map((l) => l.value)].filter((v) => v !== null);
    const [low, high] = [Math.min(...all) - 0.7, Math.max(...all) + 0.7];
    // potentials grow downwards, energies upwards: the conduction band is always above
    const domain = at.scale === "vacuum" ? [low, high] : [high, low];
    const y = kit.linear(domain, [height, 10]);
    const right = Math.min(wide - names, left + 130 * n + 20);
    const step = (right - left) / n;
    kit.yAxis(root, y, left, axis(), { titleX: 14 });
    lines(root, redox, y, left, right);
    data.materials.forEach((material, k) => column(root, material, left + step * (k + 0.5), step, y, height));
    line(root, left, height, right, height, { class: "hd-axis" });
    return height + 10 + 15 * Math.max(...data.materials.map((m) => wrap(m, step).length));
  }

  function wrap(material, step) {
    const words = (material.short || "").split(" ");
    const found = [];
    for (const word of words) {
      const last = found[found.length - 1];
      if (last !== undefined && kit.widthOf(`${last} ${word}`, 11.5) < step - 4) {
        found[found.length - 1] = `${last} ${word}`;
      } else found.push(word);
    }
    return found;
  }

  function column(root, material, x, step, y, height) {
    const half = Math.min(44, 0.42 * step);
    const [vbm, cbm] = edges(material);
    const bands = [[vbm, height, 0, 15], [cbm, 10, 1, -6]];
    for (const [edge, end, shade, shift] of bands) {
      if (edge === null) continue;
      const [a, b] = [y(edge), end].sort((p, q) => p - q);
      const box = svg(root, "rect", {
        x: x - half, y: a, width: 2 * half, height: b - a, class: "hd-bandbox",
        style: { fill: kit.colour(shade) },
      });
      const says = [material.name, material.source, ...material.corrections, ...material.flags];
      svg(box, "title", { text: says.filter(Boolean).join("\n") });
      line(root, x - half, y(edge), x + half, y(edge), {
        class: "hd-plateau", style: { stroke: kit.colour(shade) },
        "stroke-dasharray": material.flags.length ? "7 3" : null,
      });
      label(root, number(edge) + mark(material.flags), {
        x, y: y(edge) + shift, "text-anchor": "middle", "font-size": 11.5, class: "hd-halo",
      });
    }
    wrap(material, step).forEach((text, row) =>
      label(root, text, { x, y: height + 18 + 15 * row, "text-anchor": "middle", "font-size": 11.5 })
    );
  }

  function lines(root, redox, y, left, right) {
    const sorted = [...redox].sort((a, b) => y(a.value) - y(b.value));
    const places = kit.apart(sorted.map((level) => y(level.value)), 14);
    sorted.forEach((level, k) => {
      const at_ = y(level.value);
      line(root, left, at_, right, at_, { class: "hd-redox", "stroke-dasharray": "4 3" });
      line(root, right, at_, right + 14, places[k], { class: "hd-redox" });
      label(root, `${level.name}  ${number(level.value)}`, {
        x: right + 17, y: places[k] + 4, "font-size": 11,
      });
    });
  }

  function describe() {
    const texts = data.materials.map((material) => {
      const [vbm, cbm] = edges(material);
      return `${material.name}: VBM ${number(vbm)}, CBM ${number(cbm)} ${unit()}` +
        (material.flags.length ? ", flagged" : "");
    });
    const redox = levels().map((level) => `${level.name} ${number(level.value)}`);
    return `${axis()}. ${texts.join("; ")}. Redox levels: ${redox.join(", ")} ${unit()}.`;
  }

  function table() {
    const rows = [["what", `VBM or level (${unit()} vs ${at.scale})`, `CBM (${unit()} vs ${at.scale})`,
      "pH", "source", "flags"]];
    for (const material of data.materials) {
      const [vbm, cbm] = edges(material);
      rows.push([material.name, vbm ?? "", cbm ?? "", at.pH, material.source, material.flags.join("; ")]);
    }
    for (const level of levels()) rows.push([level.name, level.value, "", at.pH, "Li et al. 2023", ""]);
    return rows;
  }

  const state = kit.frame(element, data, { draw, describe, table });
  kit.choice(state, {
    name: "against", options: [["vacuum", "vacuum"], ["NHE", "NHE"], ["RHE", "RHE"]], value: at.scale,
    onchange(value) {
      at.scale = value;
      state.redraw();
    },
  });
  kit.slider(state, {
    name: "pH", unit: "", min: 0, max: 14, step: 0.1, value: at.pH, digits: 1,
    oninput(value) {
      at.pH = value;
      state.redraw();
    },
  });
  state.set = (next) => {
    Object.assign(at, next);
    state.redraw();
  };
  return kit.live(state);
};

// The two sides of an interface, by each method, with the uncertainty of the offsets.
heterodot.charts.offsets = function (element, data) {
  const kit = heterodot.kit;
  const { number, svg, label, line } = kit;
  const mark = (method) => (method.flags.length ? "†" : "");

  function draw(root, width) {
    const left = 56;
    const n = data.methods.length;
    const height = 300;
    // every method from the valence band of its first side
    const moved = data.methods.map((m) => m.edges.map((side) => side.map((e) => e - m.edges[0][0])));
    const all = moved.flat(2);
    const y = kit.linear([Math.min(...all) - 0.8, Math.max(...all) + 0.8], [height, 26]);
    const right = Math.min(width - 8, left + 330 * n);
    const step = (right - left) / n;
    kit.yAxis(root, y, left, "Energy (eV)", { titleX: 14 });
    data.methods.forEach((method, m) => {
      const x0 = left + m * step + 12;
      const half = (step - 30) / 2;
      const type = `by ${method.name}: type ${method.decided ? method.type : "not decided"}`;
      const head = label(root, type + mark(method), {
        x: x0 + half, y: 14, "text-anchor": "middle", "font-weight": 600, "font-size": 12.5,
      });
      svg(head, "title", { text: [method.statement, ...method.flags].join("\n") });
      moved[m].forEach(([vbm, cbm], side) => {
        const x = x0 + side * half;
        for (const [edge, end, shade] of [[vbm, height, 0], [cbm, 26, 1]]) {
          const [a, b] = [y(edge), end].sort((p, q) => p - q);
          svg(root, "rect", {
            x, y: a, width: half, height: Math.max(0, b - a), class: "hd-bandbox",
            style: { fill: kit.colour(shade) },
          });
          line(root, x, y(edge), x + half, y(edge), {
            class: "hd-plateau", style: { stroke: kit.colour(shade) },
            "stroke-dasharray": method.flags.length ? "7 3" : null,
          });
        }
        label(root, `gap ${number(cbm - vbm)}`, {
          x: x + half / 2, y: (y(vbm) + y(cbm)) / 2 + 4, "text-anchor": "middle", "font-size": 11.5,
          class: "hd-halo",
        });
        label(root, method.sides[side], { x: x + half / 2, y: height + 18, "text-anchor": "middle" });
      });
      [0, 1].forEach((band) => {
        const [a, b] = [moved[m][0][band], moved[m][1][band]];
        const text = `${b - a > 0 ? "+" : ""}${number(b - a)} ± ${number(method.uncertainty)}`;
        const place = band ? Math.min(y(a), y(b)) - 8 : Math.max(y(a), y(b)) + 16;
        label(root, (band ? "ΔCBM " : "ΔVBM ") + text + mark(method), {
          x: x0 + half, y: place, "text-anchor": "middle", "font-size": 11.5, class: "hd-halo",
        });
      });
    });
    return height + 28;
  }

  const describe = () => data.methods.map((method) => method.statement).join(" ");

  function table() {
    const head = ["method", "side", "VBM (eV)", "CBM (eV)", "uncertainty (eV)", "type", "flags"];
    const rows = data.methods.flatMap((method) =>
      method.sides.map((side, k) => [method.name, side, ...method.edges[k], method.uncertainty,
        method.type, method.flags.join("; ")])
    );
    if (!data.layers) return [head, ...rows];
    const layers = data.layers.heights.map((height, k) =>
      ["layer", `${height} A`, data.layers.vbm[k], data.layers.cbm[k], "", "", ""]
    );
    return [head, ...rows, ...layers];
  }

  return kit.live(kit.frame(element, data, { draw, describe, table }));
};
