package dev.backplane.testkit.guest;

import java.util.List;
import java.util.stream.Stream;

/** All small guests of the kit. */
public final class GuestCatalogue {
    private GuestCatalogue() {}

    /**
     * Those of several vCPUs, up to 16.
     *
     * @param seed for what is left to chance in them
     */
    public static List<SmpGuest> ofSeveralVcpus(long seed) {
        return Stream.concat(ConcurrencyGuests.all().stream(), LitmusGuests.all(seed).stream())
                .toList();
    }

    /** All of one vCPU, chapter by chapter. */
    public static List<SmallGuest> all() {
        return Stream.of(
                        SegmentationGuests.all(),
                        GateGuests.all(),
                        EventGuests.all(),
                        InterruptGuests.all(),
                        TaskGuests.all(),
                        Virtual8086Guests.all(),
                        PagingGuests.all(),
                        TlbGuests.all(),
                        DebugGuests.all(),
                        SystemCallGuests.all(),
                        ControlGuests.all(),
                        VectorGuests.all())
                .flatMap(List::stream)
                .toList();
    }
}
