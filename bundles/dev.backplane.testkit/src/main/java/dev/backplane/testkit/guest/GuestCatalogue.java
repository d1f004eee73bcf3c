package dev.backplane.testkit.guest;

import java.util.List;
import java.util.stream.Stream;

/** All small guests of the kit. */
public final class GuestCatalogue {
    private GuestCatalogue() {}

    /** All of them, chapter by chapter. */
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
