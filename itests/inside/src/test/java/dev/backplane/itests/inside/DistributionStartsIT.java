package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;

@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class DistributionStartsIT {
    /** Only its classes are used: its activator would open a shell on the terminal. */
    private static final Set<String> NOT_STARTED = Set.of("org.apache.felix.gogo.jline");

    @Inject
    private BundleContext context;

    @Configuration
    public Option[] configuration() {
        return Distribution.with();
    }

    @Test
    public void everyBundleResolvesAndIsActiveOrIsThereForItsClasses() {
        context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION)
                .adapt(FrameworkWiring.class)
                .resolveBundles(null);
        assertEquals(
                List.of(),
                Arrays.stream(context.getBundles())
                        .filter(bundle -> !isAsExpected(bundle))
                        .map(bundle -> bundle + " in state " + bundle.getState())
                        .toList());
    }

    private static boolean isAsExpected(Bundle bundle) {
        var fragment = (bundle.adapt(BundleRevision.class).getTypes() & BundleRevision.TYPE_FRAGMENT) != 0;
        return fragment || NOT_STARTED.contains(bundle.getSymbolicName())
                ? bundle.getState() == Bundle.RESOLVED
                : bundle.getState() == Bundle.ACTIVE;
    }
}
