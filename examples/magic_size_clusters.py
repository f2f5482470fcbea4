"""Magic-size clusters of II–VI compounds and small metal clusters, drawn one by one.

Run it in an empty folder: it writes a picture (PNG and SVG) and a structure (.xyz) of each.
"""

from heterodot import provenance
from heterodot.analysis import picture, save_figure
from heterodot.structures import (
    check_cluster,
    co2_on_cluster,
    dope,
    magic_size_cluster,
    metal_cluster,
    tetrahedral_cluster,
)

clusters = {f"cdse{n}": magic_size_cluster("CdSe", n) for n in (6, 12, 13, 16, 28, 33, 34)}
clusters["cdse13-stuffed"] = magic_size_cluster("CdSe", 13, form="core-cage")
clusters["zns12"] = magic_size_cluster("(ZnS)12")
clusters["cdse-t3-cl"] = tetrahedral_cluster("CdSe", 3, passivant="Cl")

for name, cluster in clusters.items():
    problems = [] if name == "cdse-t3-cl" else check_cluster(cluster)
    record = provenance.details(cluster).get("cluster", {})
    print(name, cluster.get_chemical_formula(), record.get("point_group", ""), *problems)

for number, (doped, multiplicity) in enumerate(dope(clusters["cdse13-stuffed"], "Mn"), 1):
    clusters[f"mn-cdse12-{number}"] = doped
    print(f"Mn on site {number}: {multiplicity} equivalent")

for metal in ("Cu", "Ag", "Au"):
    for n in (1, 2, 6, 8):
        for charge in (0, -1):
            name = f"{metal.lower()}{n}{'-anion' if charge else ''}-co2"
            clusters[name] = co2_on_cluster(metal_cluster(metal, n, charge))

for name, cluster in clusters.items():
    cluster.write(f"{name}.xyz")
    if not name.startswith(("ag", "mn")):
        save_figure(picture(cluster, title=name, width=2.2), name)
