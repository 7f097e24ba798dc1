"""Bootstrap of a fit: naive and Bollen-Stine.

``draws`` resamples cases or clusters, ``moments`` turns counts into sample moments, ``batch`` and ``newton``
refit complete-data maximum likelihood for many samples at once, ``refit`` refits anything else one by one;
``replicate`` runs the chunks, ``intervals`` makes confidence intervals and ``fit`` puts them into tables.
"""
