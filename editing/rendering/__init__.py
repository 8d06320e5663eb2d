"""Steps on photos of any size: compiled filters, written files, 3D LUTs."""
