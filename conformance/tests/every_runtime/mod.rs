//! The runtimes that tests go over: those of the package that are built in, and a fourth one.

#![allow(unused_macros, reason = "no target needs all of them")]

mod fourth;

pub(crate) use self::fourth::Fourth;

/// Calls a macro for every runtime, with the name of a module, the type that stands for the runtime, and the arguments in
/// parentheses.
macro_rules! for_every_runtime {
    ($then:ident! $arguments:tt) => {
        sse_conformance::for_each_runtime!($then! $arguments);
        $then! { fourth crate::every_runtime::Fourth, $arguments }
    };
}

/// Makes tests of these functions, which take a runtime as their type parameter: a module of them for each runtime.
macro_rules! on_every_runtime {
    ($($test:ident),+ $(,)?) => {
        for_every_runtime!(tests!($($test)+));
    };
}

macro_rules! tests {
    ($module:ident $runtime:path, ($($test:ident)+)) => {
        mod $module {
            $(
                #[test]
                fn $test() {
                    super::$test::<$runtime>();
                }
            )+
        }
    };
}
