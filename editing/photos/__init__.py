"""Photo files of any kind to linear light, and previews of them."""
