//! `openpex xen-sim`: a simulated Xen pool by itself, for tests and for trying things out.
