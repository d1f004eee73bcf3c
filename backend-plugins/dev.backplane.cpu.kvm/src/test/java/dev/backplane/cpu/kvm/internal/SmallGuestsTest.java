package dev.backplane.cpu.kvm.internal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.testkit.guest.GuestBench;
import dev.backplane.testkit.guest.GuestCatalogue;
import dev.backplane.testkit.guest.SmallGuest;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The small guests of the kit, as every CPU backend runs them. */
class SmallGuestsTest {
    /** So many where the host is not the proof anyway; all of them with {@code -Dbackplane.kvm.required}. */
    private static final int SAMPLE = 120;

    @TestFactory
    @Tag("kvm-full")
    Stream<DynamicTest> endAsTheManualSays() {
        KvmHost.full();
        return GuestCatalogue.all().stream().map(guest -> DynamicTest.dynamicTest(guest.toString(), () -> run(guest)));
    }

    private static void run(SmallGuest guest) throws Exception {
        GuestBench.check(KvmHost.usable(), new KvmOptions(), guest);
    }

    /** A host that emulates kernels knows some instructions not at all or not exactly, but none may hang or break this process. */
    @Test
    @Tag("kvm")
    void endAsTheManualSaysAsFarAsTheHostEmulatesThem() throws Exception {
        KvmHost.usable();
        List<SmallGuest> all = GuestCatalogue.all();
        int stride = KvmHost.isThorough() ? 1 : Math.ceilDiv(all.size(), SAMPLE);
        int run = 0;
        int good = 0;
        int notEmulated = 0;
        for (int i = 0; i < all.size(); i += stride) {
            run++;
            try {
                run(all.get(i));
                good++;
            } catch (ConfigurationException refused) {
                // A model that this host does not have.
                notEmulated++;
            } catch (AssertionError | IllegalArgumentException difference) {
                if (String.valueOf(difference.getMessage()).contains("cannot emulate")) {
                    notEmulated++;
                }
            }
        }
        System.out.printf(
                "KVM: %d of %d small guests: %d end as the manual says, %d are not emulated by this host, %d differently%n",
                run, all.size(), good, notEmulated, run - good - notEmulated);
        assertTrue(good >= run / 3, "only %d of %d".formatted(good, run));
    }
}
