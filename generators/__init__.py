"""What the statements quantify over: data, kernels, initialisations and neighbourhoods."""
