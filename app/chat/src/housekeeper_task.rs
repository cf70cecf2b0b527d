//! The one task that ends what has had its time: fleeting rooms, invitations, knocks.
