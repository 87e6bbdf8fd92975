"""Many questions: ``pairs -> groups -> requests in flight -> results``.

``groups`` puts pairs together and takes answers apart. ``blocking`` (with ``in_flight`` and ``threads``) and
``asynchronous`` (with ``reading``) ask the groups, for one kind of client each.
"""
