"""Metrics of pictures: the paper's intersections, artefacts, the error of a cube."""
