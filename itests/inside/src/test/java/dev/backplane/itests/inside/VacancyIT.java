package dev.backplane.itests.inside;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmState;
import dev.backplane.guest.GuestMaker;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;

/** The serial plugin is away for longer than any watchdog of the guest waits. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class VacancyIT {
    private static final Duration AWAY = Duration.ofSeconds(40);
    private static final Duration BOOT = Duration.ofMinutes(5);

    /** What Linux says when it finds that time has passed it by. */
    private static final Pattern COMPLAINT = Pattern.compile(
            "(?i)stall|lockup|hung task|blocked for more than|timekeeping watchdog|unstable|kthread starved|timer .* too");

    @Inject
    private BundleContext context;

    @Inject
    private VmManager vms;

    @Inject
    private GuestMaker guests;

    @Configuration
    public Option[] configuration() {
        return Distribution.with();
    }

    @Test
    public void guestWithTwoProcessorsThatPrintDoesNotNoticeThatThePortWasAwayAndTheMachinePaused() throws Exception {
        var plugin = new SerialPlugin(context);
        String command = """
                print() {
                    i=0
                    while [ $i -lt 600 ]; do
                        echo "processor $1 prints line $i" >/dev/ttyS0
                        i=$((i + 1))
                    done
                }
                print 0 & print 1 &
                wait
                cat /proc/uptime
                nproc >&2
                dmesg
                """;
        try (var linux = LinuxMachine.define(vms, guests, "vacancy", "auto", 2, command)) {
            long booted = System.nanoTime();
            linux.vm().start(Duration.ZERO);
            linux.await("printing", BOOT, () -> linux.hasPrinted("processor 1 prints line 20"));

            plugin.stop();
            long start = System.nanoTime();
            linux.await(
                    "pause of a machine whose port is away",
                    BOOT,
                    () -> linux.vm().state() == VmState.PAUSED);
            linux.vm().pause();
            Thread.sleep(AWAY.toMillis() / 2);
            var refused = assertThrows(VmException.class, () -> linux.vm().resume());
            assertTrue(refused.getMessage(), refused.getMessage().contains("serial-16550"));
            Thread.sleep(Math.max(0, AWAY.toMillis() - (System.nanoTime() - start) / 1_000_000));
            int before = linux.sent(1).length;
            plugin.start();
            linux.await("output after the vacancy", BOOT, () -> linux.sent(1).length > before);

            // And once without anything missing.
            linux.vm().pause();
            Thread.sleep(2000);
            linux.vm().resume();

            linux.await("end of the command", BOOT, linux::commandHasEnded);
            double seconds = (System.nanoTime() - booted) / 1e9;
            linux.vm().kill("the test is done with it");
            assertArrayEquals(linux.sent(1), linux.received(1));
            assertArrayEquals(linux.sent(2), linux.received(2));
            var records = linux.records();
            assertEquals("2\n", records.errors());
            // The clock may go on for the second in which the part might have come back, and for another one.
            double uptime = Double.parseDouble(records.output().split(" ", 2)[0]);
            assertTrue(uptime + " of " + seconds + " s", uptime < seconds - AWAY.toSeconds() + 2);
            assertEquals(
                    List.of(),
                    records.output().lines().filter(COMPLAINT.asPredicate()).toList());
        }
    }
}
