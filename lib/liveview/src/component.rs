//! Function components: props and slots.
