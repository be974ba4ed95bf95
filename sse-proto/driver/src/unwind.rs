//! Panics of the application's code in destructors.

use alloc::boxed::Box;
use core::{any::Any, panic::AssertUnwindSafe};
use std::{
    panic::{catch_unwind, resume_unwind},
    thread,
};

/// Runs code of the application in a destructor. If it panics while another panic unwinds, its panic ends here, because a
/// second one that leaves a destructor aborts the process.
pub(crate) fn contain(run: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
        resume(panic);
    }
}

/// Resumes a panic that a destructor has caught, unless another one unwinds already.
pub(crate) fn resume(panic: Box<dyn Any + Send>) {
    if !thread::panicking() {
        resume_unwind(panic);
    }
}
