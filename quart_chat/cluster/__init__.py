"""Several processes on one store: which of them live, and who goes on with the work of the dead.

Each process is a *node*. It holds a lease in the store and renews it now and then, by the store's
clock. What a node runs, a round or the reading of a document, is stored under its id. Once the
lease of a node has run out, another node takes its work over. A node that was only frozen finds
then that it may store nothing more of that work: see ``owns_round`` of the store.
"""
