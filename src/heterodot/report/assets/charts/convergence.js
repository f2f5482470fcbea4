// Convergence of relaxations: energy and largest force of every step, on logarithmic scales.
"use strict";
var heterodot = window.heterodot || (window.heterodot = {});
heterodot.charts = heterodot.charts || {};

heterodot.charts.convergence = function (element, data) {
  const kit = heterodot.kit;
  const { number, svg, label, line } = kit;
  const FLOOR = 1e-5; // eV: energies nearer to the last one than this are drawn here
  let chosen = data.runs.length > 12 ? "longest" : "all";
  let area = null;

  const options = [
    ["all", `all ${data.runs.length}`],
    ...(data.runs.length > 6 ? [["longest", "the six longest"]] : []),
    ...(data.runs.some((run) => !run.converged) ? [["missed", "those not converged"]] : []),
    ...data.runs.map((run, k) => [String(k), run.name + (run.converged ? "" : " †")]),
  ];

  function shown() {
    const runs = data.runs.map((run, k) => ({ ...run, k }));
    if (chosen === "all") return runs;
    if (chosen === "missed") return runs.filter((run) => !run.converged);
    if (chosen === "longest") {
      return runs.sort((a, b) => b.energies.length - a.energies.length).slice(0, 6);
    }
    return runs.filter((run) => String(run.k) === chosen);
  }

  // With many runs one quiet colour, and the ones that did not converge in another.
  function paint(run, rank, many) {
    if (many) return run.converged ? "var(--hd-quiet)" : "var(--hd-accent-2)";
    return kit.colour(rank);
  }

  function draw(root, wide) {
    const runs = shown();
    const many = runs.length > 7;
    const left = 66;
    const right = wide - 10;
    const each = 150;
    const steps = Math.max(2, ...runs.map((run) => run.energies.length));
    const x = kit.linear([1, steps], [left, right]);
    const above = runs.flatMap((run) => run.energies.map((e) => Math.max(FLOOR, Math.abs(e))));
    const forces = runs.flatMap((run) => [...run.forces.filter((f) => f > 0), run.criterion || 0.05]);
    const decade = (values) => [
      10 ** Math.floor(Math.log10(Math.min(...values)) - 1e-9),
      10 ** Math.ceil(Math.log10(Math.max(...values)) + 1e-9),
    ];
    const upper = kit.logarithmic(decade([...above, FLOOR * 10]), [14 + each, 14]);
    const lower = kit.logarithmic(decade(forces), [2 * each + 40, each + 40]);
    const common = { grid: right, titleX: 16, count: 5 };
    kit.yAxis(root, upper, left, "|E − E(last)| (eV)", common);
    kit.yAxis(root, lower, left, "Largest force (eV/Å)", common);
    line(root, left, upper.range[0], right, upper.range[0], { class: "hd-axis" });
    kit.xAxis(root, x, lower.range[0], "Geometry");
    const criteria = new Set(runs.map((run) => run.criterion).filter(Boolean));
    for (const criterion of criteria) {
      const y = lower(criterion);
      line(root, left, y, right, y, { class: "hd-criterion", "stroke-dasharray": "6 4" });
    }
    runs.forEach((run, rank) => {
      const colour = paint(run, rank, many);
      const says = `${run.name}: ${run.energies.length} geometries, last force ` +
        `${number(run.forces[run.forces.length - 1], 3)} eV/Å` +
        (run.converged ? "" : " — not converged");
      const series = [
        [upper, run.energies.map((e) => Math.max(FLOOR, Math.abs(e))), 1],
        [lower, run.forces, 0],
      ];
      for (const [y, values, spare] of series) {
        const points = values.map((v, i) => [x(i + 1), y(Math.max(v, y.domain[0]))]);
        const own = points.slice(0, points.length - spare || undefined);
        const curve = svg(root, "path", {
          d: kit.path(own), class: "hd-curve", style: { stroke: colour, opacity: many ? 0.55 : 1 },
          "stroke-dasharray": run.converged ? null : "5 3",
        });
        svg(curve, "title", { text: says });
        const [px, py] = own[own.length - 1] || points[0];
        const dot = svg(root, "circle", { cx: px, cy: py, r: many ? 2 : 3, style: { fill: colour } });
        svg(dot, "title", { text: says });
      }
    });
    for (const criterion of criteria) {
      const place = { x: left + 6, y: lower(criterion) + 13, "font-size": 11, class: "hd-halo" };
      label(root, `${plain(criterion)} eV/Å`, place); // last, over the curves
    }
    area = { x0: left, x1: right, y0: 14, y1: lower.range[0], scale: x, read };
    legend(runs, many);
    return lower.range[0] + 46;
  }

  const plain = (value) => String(Number(value.toPrecision(3)));

  function legend(runs, many) {
    state.legend.replaceChildren();
    if (many) {
      const missed = runs.filter((run) => !run.converged).length;
      if (missed) state.legend.append(entry(`${missed} not converged †`, "var(--hd-accent-2)"));
      return;
    }
    runs.forEach((run, rank) => {
      const text = `${run.name}${run.converged ? "" : " †"}`;
      state.legend.append(entry(text, paint(run, rank, many)));
    });
  }

  function entry(text, colour) {
    const swatch = kit.html("span", { class: "hd-swatch", "aria-hidden": "true" });
    swatch.style.setProperty("--hd-own", colour);
    return kit.html("span", { class: "hd-entry" }, swatch, kit.rich(text));
  }

  function read(at) {
    const step = Math.round(at);
    const texts = shown().filter((run) => run.energies.length >= step).slice(0, 4).map((run) =>
      `${run.name}: ${number(run.energies[step - 1], 4)} eV, ${number(run.forces[step - 1], 3)} eV/Å`
    );
    return `Geometry ${step}. ${texts.join("; ")}`;
  }

  function describe() {
    const texts = data.runs.slice(0, 12).map((run) =>
      `${run.name}: ${run.energies.length} geometries, last force ` +
      `${number(run.forces[run.forces.length - 1], 3)} eV/Å, ` +
      (run.converged ? "converged" : "not converged")
    );
    const more = data.runs.length > 12 ? `; and ${data.runs.length - 12} more` : "";
    return `${texts.join("; ")}${more}.`;
  }

  function table() {
    const rows = [["relaxation", "level", "geometry", "E (eV)", "largest force (eV/Å)",
      "criterion (eV/Å)", "converged"]];
    for (const run of data.runs) {
      run.energies.forEach((energy, i) =>
        rows.push([run.name, run.level, i + 1, run.final + energy, run.forces[i],
          run.criterion ?? "", run.converged ? "yes" : "no"])
      );
    }
    return rows;
  }

  function key() {
    const runs = shown();
    if (runs.length > 7) return [];
    return runs.map((run, rank) => ({ text: run.name, colour: paint(run, rank, false) }));
  }

  const state = kit.frame(element, data, { draw, describe, table, key });
  if (data.runs.length > 1) {
    kit.choice(state, {
      name: "show", options, value: chosen,
      onchange(value) {
        chosen = value;
        state.redraw();
      },
    });
  }
  kit.cursor(state, () => area);
  return kit.live(state);
};
