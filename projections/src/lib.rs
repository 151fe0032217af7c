//! The read side of OpenPEX.
