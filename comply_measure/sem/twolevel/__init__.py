"""Two-level models: cases in clusters, random intercepts, complete data, normal-theory likelihood.

A case i of cluster j is ``y_ij = μ + b_j + w_ij`` with ``Cov(w) = Σ_W`` and ``Cov(b) = Σ_B``; variables of
the cluster itself have no w, variables without a between part no b. Within a cluster of size n the
deviations from the cluster's mean carry ``n − 1`` copies of Σ_W, and the mean has covariance

    Ω_n = Σ_B + Σ_W / n,

so the likelihood is that of several independent samples: the pooled deviations, and the means of the
clusters of each size (McDonald & Goldstein, 1989). Its cost depends on the number of different sizes, not
on the number of clusters.
"""
