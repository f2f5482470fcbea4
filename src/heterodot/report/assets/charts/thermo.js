// Free-energy diagrams at another potential, pH and temperature: the formulas of
// heterodot.analysis.thermo (computational hydrogen electrode; harmonic oscillators; ideal gas).
"use strict";
var heterodot = window.heterodot || (window.heterodot = {});

heterodot.thermo = (function () {
  // Zero-point and thermal free energy of oscillators (wavenumbers in cm-1) at T (K), eV.
  function oscillators(modes, T, constants) {
    const kT = constants.kB * T;
    let sum = 0;
    for (const mode of modes) {
      const quantum = mode * constants.invcm;
      sum += quantum / 2 + kT * Math.log1p(-Math.exp(-quantum / kT));
    }
    return sum;
  }

  // G - E of a part at T, eV. What translation and rotation of a gas add follows from their entropy
  // at the stored temperature and their heat capacity, `classical` k.
  function correction(part, T, constants) {
    let g = oscillators(part.modes, T, constants);
    if (part.classical === undefined) return g;
    const kT = constants.kB * T;
    let sum = 0;
    for (const [degeneracy, wavenumber] of part.levels) {
      sum += degeneracy * Math.exp(-wavenumber * constants.invcm / kT);
    }
    g -= kT * Math.log(sum);
    const entropy = part.entropy + part.classical * constants.kB * Math.log(T / part.T);
    return g + part.classical * kT - T * entropy;
  }

  // Measured Gibbs energy of a reaction at T, eV: heat capacities held at their 298.15 K values.
  function measured(reaction, T, constants) {
    const step = T - constants.T_data;
    const entropy = reaction.s + reaction.cp * Math.log(T / constants.T_data);
    return reaction.h + reaction.cp * step - T * entropy + constants.kB * T * reaction.lnp;
  }

  // How far each part's G moved since the temperature it is stored at, by name, eV.
  function shifts(system, data, T) {
    const moved = {};
    if (T === data.T) return moved;
    for (const [name, part] of Object.entries(system.parts)) {
      const [now, then] = [T, data.T].map((t) => correction(part, t, data.constants));
      moved[name] = now - then;
    }
    const anchor = system.anchor;
    if (anchor && anchor.measured) {
      const [now, then] = [T, data.T].map((t) => measured(anchor.measured, t, data.constants));
      let computed = 0;
      for (const [gas, count] of Object.entries(anchor.reaction)) computed += count * moved[gas];
      const more = (now - then - computed) / anchor.reaction[anchor.gas];
      for (const name of anchor.moves) if (name in moved) moved[name] += more;
    }
    return moved;
  }

  // Sample standard deviation.
  function spread(values) {
    if (values.length < 2) return 0;
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const squares = values.reduce((sum, v) => sum + (v - mean) * (v - mean), 0);
    return Math.sqrt(squares / (values.length - 1));
  }

  // Volts by which RHE lies below SHE.
  function nernst(at, constants) {
    return constants.kB * at.T * Math.LN10 * at.pH;
  }

  // Levels, changes and potentials of one list of Gibbs energies (eV, at 0 V vs RHE).
  function line(gibbs, pairs, at, ends, constants) {
    const offset = at.scale === "SHE" ? nernst(at, constants) : 0;
    const reversible = at.U + offset;
    const levels = gibbs.map((g, i) => g - gibbs[0] + (pairs[i] - pairs[0]) * reversible);
    const changes = [];
    for (let i = 0; i + 1 < levels.length; i++) {
      const n = pairs[i + 1] - pairs[i];
      const found = { index: i, delta: levels[i + 1] - levels[i], pairs: n };
      if (n) found.cost = (found.delta - n * reversible) / Math.abs(n);
      changes.push(found);
    }
    const coupled = changes.filter((c) => c.pairs);
    const signs = new Set(coupled.map((c) => Math.sign(c.pairs)));
    const found = { levels, changes, limiting: null, U_L: null, U_eq: null, eta: null };
    const total = pairs[pairs.length - 1] - pairs[0];
    if (ends && total) found.U_eq = (gibbs[0] - gibbs[gibbs.length - 1]) / total - offset;
    if (signs.size === 1) {
      const limiting = coupled.reduce((a, b) => (b.cost > a.cost ? b : a));
      const sign = Math.sign(limiting.pairs);
      found.limiting = limiting;
      found.U_L = -limiting.cost * sign - offset;
      if (found.U_eq !== null) found.eta = (found.U_eq - found.U_L) * sign;
    }
    return found;
  }

  // The diagram of a system at {U, pH, T, scale}: as heterodot.analysis.thermo.pathway.Pathway has
  // it, with `spreads` of a committee, and the flags of what is shown.
  function pathway(system, data, at) {
    const moved = shifts(system, data, at.T);
    const pairs = system.steps.map((step) => step.pairs);
    const warmed = system.steps.map((step) => {
      let more = 0;
      for (const [name, count] of Object.entries(step.content)) more += count * (moved[name] || 0);
      return more;
    });
    const gibbs = system.steps.map((step, i) => step.gibbs + warmed[i]);
    const found = line(gibbs, pairs, at, system.equilibrium, data.constants);
    const names = Object.keys(system.steps[0].members || {});
    const each = names.map((name) => {
      const own = system.steps.map((step, i) => step.members[name] + warmed[i]);
      return line(own, pairs, at, system.equilibrium, data.constants);
    });
    const spreadOf = (get) => spread(each.map(get).filter((v) => v !== null));
    found.members = names;
    found.spreads = found.levels.map((_, i) => spreadOf((m) => m.levels[i]));
    found.U_L_spread = spreadOf((m) => m.U_L);
    found.eta_spread = spreadOf((m) => m.eta);
    found.flags = system.steps.map((step) => step.flags);
    found.limiting_flags = found.limiting ? system.change_flags[found.limiting.index] : [];
    found.eta_flags = [...new Set([...system.equilibrium_flags, ...found.limiting_flags])];
    found.measured = null;
    const offset = at.scale === "SHE" ? nernst(at, data.constants) : 0;
    if (system.measured && at.T >= 250 && at.T <= 400) {
      const g = measured(system.measured, at.T, data.constants);
      found.measured = -g / system.measured.pairs - offset;
    } else if (system.measured_now !== null && at.T === data.T) {
      found.measured = system.measured_now - offset;
    }
    return found;
  }

  return { pathway, correction, nernst };
})();
