package dev.backplane.itests.inside;

import org.junit.AssumptionViolatedException;
import org.junit.runner.Description;
import org.junit.runner.Runner;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunNotifier;
import org.junit.runners.model.InitializationError;
import org.ops4j.pax.exam.junit.PaxExam;

/** Runs tests in the framework; those that end with a {@link SkippedError} there are reported as skipped, with the reason. */
public final class SkippingPaxExam extends Runner {
    /** By which the error is known, whatever it is wrapped in. */
    static final String SKIPPED = "skipped: ";

    private final PaxExam exam;

    /** For JUnit. */
    public SkippingPaxExam(Class<?> test) throws InitializationError {
        exam = new PaxExam(test);
    }

    @Override
    public Description getDescription() {
        return exam.getDescription();
    }

    @Override
    public void run(RunNotifier notifier) {
        exam.run(new Sieve(notifier));
    }

    private static String reason(Throwable thrown) {
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            String message = String.valueOf(each.getMessage());
            int at = message.indexOf(SKIPPED);
            if (at >= 0) {
                return message.substring(at + SKIPPED.length())
                        .lines()
                        .findFirst()
                        .orElse("");
            }
        }
        return "";
    }

    /** Passes everything on, but for failures that are none. */
    private static final class Sieve extends RunNotifier {
        private final RunNotifier to;

        Sieve(RunNotifier to) {
            this.to = to;
        }

        @Override
        public void fireTestFailure(Failure failure) {
            String reason = reason(failure.getException());
            if (reason.isEmpty()) {
                to.fireTestFailure(failure);
                return;
            }
            System.out.println(failure.getDescription().getDisplayName() + " is skipped: " + reason);
            to.fireTestAssumptionFailed(new Failure(failure.getDescription(), new AssumptionViolatedException(reason)));
        }

        @Override
        public void fireTestStarted(Description description) {
            to.fireTestStarted(description);
        }

        @Override
        public void fireTestIgnored(Description description) {
            to.fireTestIgnored(description);
        }

        @Override
        public void fireTestAssumptionFailed(Failure failure) {
            to.fireTestAssumptionFailed(failure);
        }

        @Override
        public void fireTestFinished(Description description) {
            to.fireTestFinished(description);
        }
    }
}
