package dev.backplane.cpu.kvm.internal;

import static org.junit.jupiter.api.Assertions.assertTrue;

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
    /** Fewer would mean that it is not the host: so many of the first 268 are simple enough for every emulation. */
    private static final int AT_LEAST = 100;

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
        List<SmallGuest> guests = GuestCatalogue.all();
        int good = 0;
        int notEmulated = 0;
        for (SmallGuest guest : guests) {
            try {
                run(guest);
                good++;
            } catch (AssertionError | IllegalArgumentException difference) {
                if (String.valueOf(difference.getMessage()).contains("cannot emulate")) {
                    notEmulated++;
                }
            }
        }
        System.out.printf(
                "KVM: %d small guests: %d end as the manual says, %d are not emulated by this host, %d differently%n",
                guests.size(), good, notEmulated, guests.size() - good - notEmulated);
        assertTrue(good >= AT_LEAST, "only " + good);
    }
}
