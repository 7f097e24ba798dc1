"""Unit scores from informants: composition, weights, latent scores, sensitivity to the choice."""
