"""Nanocrystals cut from crystals: composition, ligands, sites, adsorbates."""
