package dev.backplane.itests.inside;

/**
 * Thrown by a test in the framework that this host cannot run. An assumption of JUnit's would count as passed, since it does not get out of the
 * framework: {@link SkippingPaxExam} makes one of this outside.
 */
final class SkippedError extends Error {
    private static final long serialVersionUID = 1;

    SkippedError(String why) {
        super(SkippingPaxExam.SKIPPED + why);
    }
}
