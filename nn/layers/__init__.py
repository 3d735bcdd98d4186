"""The layers: thin modules over the functions of `nn.functional`."""
