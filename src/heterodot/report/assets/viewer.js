/* Structures in three dimensions: a stage for each system, drawn when it scrolls into view. Browsers
   keep about sixteen WebGL contexts, so that a stage out of view is a picture of itself. */
"use strict";
var heterodot = globalThis.heterodot || (globalThis.heterodot = {});

heterodot.stages = (function () {
  const ALIVE = 6;
  const structures = JSON.parse(document.getElementById("data-structures").textContent);
  const alive = [];

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function element(name, text, attributes) {
    const made = document.createElement(name);
    if (text) made.append(...set(text));
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    return made;
  }

  /* The name of a defect (V_Cu', In_Cu••) as nodes with sub- and superscripts; other text as it is. */
  function set(text) {
    return text.split(/([A-Z][a-z]?_[A-Z][a-z]?['′•]*)/).flatMap((part) => {
      const found = part.match(/^([A-Z][a-z]?)_([A-Z][a-z]?)(['′•]*)$/);
      if (!found) return [part];
      const sub = document.createElement("sub"), sup = document.createElement("sup");
      sub.textContent = found[2];
      sup.textContent = found[3].replaceAll("'", "′");
      return [found[1], sub, sup];
    });
  }

  /* The same for a label within the scene, which knows no subscripts. */
  const flat = (name) => name.replace("_", " ").replaceAll("'", "′");

  function mixed(colour, other, share) {
    const parts = (c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16));
    const a = parts(colour), b = parts(other);
    return a.reduce((sum, x, i) => sum * 256 + Math.round(x * (1 - share) + b[i] * share), 0);
  }

  /* The atoms that each atom is bonded to, from pairs one after the other. */
  function neighbours(n_atoms, pairs) {
    const bonds = Array.from({ length: n_atoms }, () => []);
    for (let n = 0; n < pairs.length; n += 2) {
      bonds[pairs[n]].push(pairs[n + 1]);
      bonds[pairs[n + 1]].push(pairs[n]);
    }
    return bonds;
  }

  function atomsOf(data) {
    const held = new Set(data.fixed), bonds = neighbours(data.symbols.length, data.bonds);
    const all = held.size === data.symbols.length;
    return data.symbols.map((elem, i) => ({
      elem, index: i, serial: i,
      x: data.positions[3 * i], y: data.positions[3 * i + 1], z: data.positions[3 * i + 2],
      color: mixed(data.elements[elem].colour, "#c4c4c4", held.has(i) && !all ? 0.6 : 0),
      bonds: bonds[i], bondOrder: bonds[i].map(() => 1), properties: {},
    }));
  }

  const place = (data, i) => ({
    x: data.positions[3 * i], y: data.positions[3 * i + 1], z: data.positions[3 * i + 2],
  });

  /* What is known of an atom, as pairs of a name and a value. */
  function facts(data, i) {
    const found = [["atom", `${data.symbols[i]}${i}`], ["coordination", data.coordination[i]]];
    for (const [name, values] of Object.entries(data.labels)) {
      found.push([name.replace("_", " "), values[i]]);
    }
    for (const [kind, values] of Object.entries(data.charges)) {
      found.push([kind === "charge" ? "charge (e)" : `charge, ${kind} (e)`, values[i]]);
    }
    const marks = data.defects.filter((d) => d.index === i).map((d) => d.name);
    if (i === data.site) marks.push("the site");
    if (data.adsorbate.includes(i)) marks.push("of the adsorbate");
    if (data.fixed.includes(i)) marks.push("held in place");
    if (marks.length) found.push(["is", marks.join(", ")]);
    return found;
  }

  class Stage {
    constructor(figure) {
      this.figure = figure;
      this.canvas = figure.querySelector(".canvas");
      this.picked = figure.querySelector(".picked");
      this.legend = figure.querySelector(".legend");
      this.controls = figure.querySelector(".controls");
      this.tabs = [...figure.querySelectorAll("[data-view]")];
      this.key = this.tabs[0].dataset.view;
      this.viewer = null;
      this.marked = true;
      this.tabs.forEach((tab) => tab.addEventListener("click", () => this.show(tab.dataset.view)));
      this.canvas.addEventListener("keydown", (event) => this.pressed(event));
      this.canvas.addEventListener("wheel", (event) => {
        if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
      }, { capture: true });
      this.tell();
    }

    get data() { return structures[this.key]; }

    /* Open a WebGL context, closing that of the stage that was out of view for longest. */
    wake() {
      const known = alive.indexOf(this);
      if (known >= 0) alive.splice(known, 1);
      alive.push(this);
      while (alive.length > ALIVE) alive.shift().sleep();
      if (this.viewer) return;
      this.canvas.replaceChildren();
      try {
        this.viewer = $3Dmol.createViewer(this.canvas, {
          backgroundColor: css("--raised"), antialias: true, disableFog: true, hoverDuration: 100,
        });
        if (!this.viewer) throw new Error("no WebGL");
      } catch (error) {
        this.viewer = null;
        this.canvas.append(element("p", "This browser cannot draw in three dimensions (no WebGL). "
          + "The structures can be downloaded below."));
        return;
      }
      this.draw();
    }

    sleep() {
      if (!this.viewer) return;
      this.stop();
      this.view = this.viewer.getView();
      const picture = element("img", "", { src: this.viewer.pngURI(), alt: "" });
      for (const drawn of this.canvas.querySelectorAll("canvas")) {
        const context = drawn.getContext("webgl2") || drawn.getContext("webgl");
        const loss = context && context.getExtension("WEBGL_lose_context");
        if (loss) loss.loseContext();
      }
      this.viewer = null;
      this.canvas.replaceChildren(picture);
    }

    show(key) {
      this.stop();
      this.key = key;
      this.tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset.view === key)));
      this.tell();
      if (this.viewer) this.draw(this.viewer.getView());
      else this.wake();
    }

    draw(view) {
      const viewer = this.viewer, data = this.data;
      viewer.setBackgroundColor(css("--raised"), 1); /* on a clear ground surfaces would not show */
      viewer.removeAllModels();
      viewer.removeAllShapes();
      viewer.removeAllLabels();
      viewer.removeAllSurfaces();
      this.model = viewer.addModel();
      this.model.addAtoms(atomsOf(data));
      this.style();
      if (this.marked) this.mark();
      if (data.cell) this.cell();
      this.field();
      viewer.setClickable({}, true, (atom) => this.pick(atom.index));
      if (view) viewer.setView(view);
      else if (this.view) viewer.setView(this.view);
      else this.face();
      viewer.render();
    }

    /* Turn the site and the adsorbate to the reader. */
    face() {
      this.viewer.zoomTo();
      const view = this.viewer.getView();
      if (this.data.turn) this.viewer.setView([...view.slice(0, 4), ...this.data.turn]);
      this.viewer.zoom(0.92);
    }

    style() {
      const data = this.data, guest = data.adsorbate;
      for (const [elem, { radius }] of Object.entries(data.elements)) {
        this.model.setStyle({ elem }, { sphere: { radius }, stick: { radius: 0.12 } });
      }
      for (const i of guest) {
        const radius = 1.3 * data.elements[data.symbols[i]].radius;
        this.model.setStyle({ index: i }, { sphere: { radius }, stick: { radius: 0.17 } });
      }
    }

    mark() {
      const viewer = this.viewer, data = this.data;
      const label = (text, position, colour) => viewer.addLabel(text, {
        position, fontColor: colour, fontSize: 13, inFront: true,
        backgroundColor: css("--raised"), backgroundOpacity: 0.6,
        alignment: "bottomLeft", screenOffset: { x: 10, y: 10 },
      });
      const halo = (i, colour, wider) => viewer.addSphere({
        center: place(data, i), radius: data.elements[data.symbols[i]].radius + wider,
        color: colour, opacity: 0.5,
      });
      if (data.site !== null && data.site !== undefined) {
        halo(data.site, css("--mark-site"), 0.3);
      }
      for (const { index, name } of data.defects) {
        halo(index, css("--mark-antisite"), 0.22);
        label(flat(name), place(data, index), css("--ink"));
      }
      for (const { name, position: [x, y, z] } of data.vacancies) {
        viewer.addSphere({
          center: { x, y, z }, radius: 0.75, color: css("--mark-vacancy"), wireframe: true,
          linewidth: 2,
        });
        label(flat(name), { x, y, z }, css("--ink"));
      }
    }

    cell() {
      const [a, b, c] = this.data.cell;
      const point = (i, j, k) => ({
        x: i * a[0] + j * b[0] + k * c[0],
        y: i * a[1] + j * b[1] + k * c[1],
        z: i * a[2] + j * b[2] + k * c[2],
      });
      const edge = (start, end) => this.viewer.addLine({ start, end, color: css("--faint") });
      for (const [p, q] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
        edge(point(0, p, q), point(1, p, q));
        edge(point(p, 0, q), point(p, 1, q));
        edge(point(p, q, 0), point(p, q, 1));
      }
    }

    pick(i) {
      const data = this.data;
      this.chosen = i;
      const list = element("dl");
      for (const [name, value] of facts(data, i)) {
        const pair = element("div");
        pair.append(element("dt", name), element("dd", String(value)));
        list.append(pair);
      }
      this.picked.replaceChildren(list);
      this.picked.dataset.atom = i;
      if (!this.viewer) return;
      if (this.ring) this.viewer.removeShape(this.ring);
      this.ring = this.viewer.addSphere({
        center: place(data, i), radius: data.elements[data.symbols[i]].radius + 0.15,
        color: css("--ink"), opacity: 0.25,
      });
      this.viewer.render();
    }

    pressed(event) {
      if (!this.viewer) return;
      const turns = { ArrowLeft: [-8, "y"], ArrowRight: [8, "y"], ArrowUp: [-8, "x"], ArrowDown: [8, "x"] };
      if (turns[event.key]) this.viewer.rotate(...turns[event.key]);
      else if (event.key === "+" || event.key === "=") this.viewer.zoom(1.1);
      else if (event.key === "-") this.viewer.zoom(0.9);
      else if (event.key === "n" || event.key === "p") {
        const n = this.data.symbols.length, step = event.key === "n" ? 1 : n - 1;
        this.pick(this.chosen === undefined ? this.data.site || 0 : (this.chosen + step) % n);
      } else return;
      event.preventDefault();
      this.viewer.render();
    }

    /* The legend and the controls of the geometry that is shown. */
    tell() {
      const data = this.data, counts = {};
      data.symbols.forEach((s) => { counts[s] = (counts[s] || 0) + 1; });
      const chip = (text, kind, colour) => {
        const made = element("span", text, { class: `chip ${kind}` });
        if (colour) made.style.setProperty("--dot", colour);
        return made;
      };
      const chips = Object.entries(counts).map(([s, n]) => chip(`${s} ${n}`, "atom", data.elements[s].colour));
      if (data.charge) chips.push(chip(`charge ${data.charge > 0 ? "+" : "−"}${Math.abs(data.charge)} e`, "plain"));
      if (data.site !== null && data.site !== undefined) {
        chips.push(chip(`site ${data.symbols[data.site]}${data.site}`, "site"));
      }
      for (const { name } of data.vacancies) chips.push(chip(`${name} vacancy`, "vacancy"));
      for (const { name, index } of data.defects) {
        chips.push(chip(`${name} at ${data.symbols[index]}${index}`, "antisite"));
      }
      if (data.fixed.length) chips.push(chip(`${data.fixed.length} held`, "held"));
      this.legend.replaceChildren(...chips);
      this.picked.replaceChildren();
      this.chosen = this.ring = undefined;
      this.controls.replaceChildren(...this.buttons());
    }

    buttons() {
      const button = (text, act) => {
        const made = element("button", text, { type: "button" });
        made.addEventListener("click", act);
        return made;
      };
      const found = [
        button("Reset view", () => { if (this.viewer) { this.view = null; this.face(); this.viewer.render(); } }),
        button("XYZ", () => heterodot.save(`${this.key.replaceAll("/", ".")}.xyz`, this.data.xyz)),
      ];
      if (this.data.defects.length || this.data.vacancies.length || this.data.site !== null) {
        const toggle = button("Marks", () => {
          this.marked = !this.marked;
          toggle.setAttribute("aria-pressed", String(this.marked));
          if (this.viewer) this.draw(this.viewer.getView());
        });
        toggle.setAttribute("aria-pressed", String(this.marked));
        found.push(toggle);
      }
      if (this.data.vibrations) found.push(...this.player());
      if (this.data.film) found.push(...this.projector());
      if (this.data.fields) found.push(...this.surfaces());
      return found;
    }

    player() {
      const { modes } = this.data.vibrations;
      const choice = element("select", "", { "aria-label": "Vibration" });
      for (let n = modes.length - 1; n >= 0; n -= 1) {
        const { frequency, name } = modes[n];
        const shown = frequency < 0 ? `${(-frequency).toFixed(0)}i` : frequency.toFixed(0);
        choice.append(element("option", `${shown} cm⁻¹ ${name}`, { value: n }));
      }
      const play = element("button", "Play", { type: "button", "aria-pressed": "false" });
      const update = () => {
        this.stop();
        if (play.getAttribute("aria-pressed") === "true") this.play(modes[Number(choice.value)]);
      };
      play.addEventListener("click", () => {
        const on = play.getAttribute("aria-pressed") !== "true";
        play.setAttribute("aria-pressed", String(on));
        play.textContent = on ? "Stop" : "Play";
        update();
      });
      choice.addEventListener("change", update);
      return [choice, play];
    }

    /* A slider over the frames of a movie, a button that plays them, what the frame is. */
    projector() {
      const { film } = this.data, last = film.positions.length - 1;
      const slider = element("input", "", {
        type: "range", min: 0, max: last, step: 1, value: 0, "aria-label": "Frame",
      });
      const play = element("button", "Play", { type: "button", "aria-pressed": "false" });
      const shown = element("output");
      const tell = (n) => {
        const text = (film.captions[n] || `${film.numbers[n] + 1} of ${film.total}`);
        shown.textContent = text;
        slider.setAttribute("aria-valuetext", text);
        slider.value = n;
      };
      const halt = () => {
        this.stop();
        play.setAttribute("aria-pressed", "false");
        play.textContent = "Play";
      };
      slider.addEventListener("input", () => {
        const n = Number(slider.value);
        halt();
        tell(n);
        this.wake();
        if (this.viewer) this.frame(n);
      });
      play.addEventListener("click", () => {
        const on = play.getAttribute("aria-pressed") !== "true";
        halt();
        if (!on) {
          if (this.viewer) this.frame(Number(slider.value));
          return;
        }
        play.setAttribute("aria-pressed", "true");
        play.textContent = "Stop";
        this.project(Number(slider.value), tell);
      });
      tell(0);
      return [play, slider, shown];
    }

    project(from, tell) {
      this.wake();
      if (!this.viewer) return;
      const { film } = this.data, last = film.positions.length - 1;
      const pace = film.swings ? 4 : 15; /* frames a second */
      let started = null;
      const step = (now) => {
        started = started === null ? now - (1000 * from) / pace : started;
        let at = (pace * (now - started)) / 1000;
        if (film.swings) at = last - Math.abs(last - (at % (2 * last || 1)));
        else at %= last + 1;
        tell(Math.min(last, Math.round(at)));
        this.frame(Math.min(last, at));
        this.running = requestAnimationFrame(step);
      };
      this.running = requestAnimationFrame(step);
    }

    /* Atoms where they are at a frame; between two frames of a path, between their places. */
    frame(at) {
      const { film } = this.data, before = Math.floor(at), after = Math.min(before + 1, film.positions.length - 1);
      const share = film.swings ? at - before : 0, nearest = Math.round(at);
      const here = film.positions[before], next = film.positions[after];
      let pairs = null;
      for (let n = nearest; n >= 0 && !pairs; n -= 1) pairs = film.bonds[n];
      const bonds = neighbours(here.length / 3, pairs || []);
      this.model.selectedAtoms({}).forEach((atom, i) => {
        ["x", "y", "z"].forEach((axis, k) => {
          atom[axis] = here[3 * i + k] + share * (next[3 * i + k] - here[3 * i + k]);
        });
        atom.bonds = bonds[i];
        atom.bondOrder = bonds[i].map(() => 1);
      });
      this.style();
      this.viewer.render();
    }

    play(mode) {
      this.wake();
      const viewer = this.viewer, data = this.data, { indices } = data.vibrations;
      if (!viewer) return;
      const atoms = this.model.selectedAtoms({});
      const started = performance.now();
      const step = (now) => {
        const move = 0.45 * Math.sin((now - started) / 180);
        indices.forEach((i, n) => {
          atoms[i].x = data.positions[3 * i] + move * mode.moves[3 * n];
          atoms[i].y = data.positions[3 * i + 1] + move * mode.moves[3 * n + 1];
          atoms[i].z = data.positions[3 * i + 2] + move * mode.moves[3 * n + 2];
        });
        this.style(); /* has 3Dmol build the atoms anew */
        viewer.render();
        this.running = requestAnimationFrame(step);
      };
      this.running = requestAnimationFrame(step);
    }

    stop() {
      if (!this.running) return;
      cancelAnimationFrame(this.running);
      this.running = null;
      if (this.viewer) this.draw(this.viewer.getView());
    }

    surfaces() {
      const field = this.data.fields[0];
      const most = Math.min(Math.max(-field.low, field.high), 12 * field.isovalue);
      const slider = element("input", "", {
        type: "range", min: most / 200, max: most, step: most / 200, value: field.isovalue,
        "aria-label": `Isovalue of ${field.name}`,
      });
      const shown = element("output");
      const tell = () => { shown.textContent = `${field.name} ${field.signed ? "± " : ""}${Number(slider.value).toPrecision(2)} ${field.unit}`; };
      slider.addEventListener("input", tell);
      slider.addEventListener("change", () => {
        field.isovalue = Number(slider.value);
        if (this.viewer) this.draw(this.viewer.getView());
      });
      tell();
      return [slider, shown];
    }

    field() {
      const field = (this.data.fields || [])[0];
      if (!field) return;
      const volume = new $3Dmol.VolumeData(cube(field), "cube");
      const surface = (isoval, color) => this.viewer.addIsosurface(volume, {
        isoval, color, opacity: 0.6, smoothness: 3,
      });
      surface(field.isovalue, css("--surface-plus"));
      if (field.signed) surface(-field.isovalue, css("--surface-minus"));
    }
  }

  /* A field as a Gaussian cube file, which 3Dmol reads; lengths in bohr. */
  function cube(field) {
    const bohr = 0.529177210903, bytes = atob(field.values), [nx, ny, nz] = field.shape;
    const row = (n, v) => `${n} ${v.map((x) => (x / bohr).toFixed(6)).join(" ")}`;
    const lines = ["field", field.name, row(1, field.origin)];
    [nx, ny, nz].forEach((n, axis) => lines.push(row(n, field.steps[axis])));
    lines.push(`1 0 ${field.origin.map((x) => (x / bohr).toFixed(6)).join(" ")}`);
    const scale = (field.high - field.low) / 255;
    for (let start = 0; start < bytes.length; start += nz) {
      const values = [];
      for (let n = start; n < start + nz; n += 1) {
        values.push((field.low + scale * bytes.charCodeAt(n)).toExponential(3));
      }
      lines.push(values.join(" "));
    }
    return lines.join("\n");
  }

  const stages = [...document.querySelectorAll(".stage")].map((figure) => new Stage(figure));
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) stages.find((stage) => stage.figure === target).wake();
    }
  }, { rootMargin: "150px" });
  stages.forEach((stage) => watch.observe(stage.figure));

  return {
    all: stages,
    structures,
    redraw() { stages.forEach((stage) => { if (stage.viewer) stage.draw(stage.viewer.getView()); }); },
  };
})();
