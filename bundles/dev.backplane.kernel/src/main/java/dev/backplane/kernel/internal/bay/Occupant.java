package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.Part;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.state.StateCodec;

/**
 * A part in its bay. All that the kernel holds of a plugin's classes beside its offer; dropped when the part goes.
 *
 * @param number counts the parts that have sat in the bay
 * @param offer where it came from
 * @param part the part
 * @param context what it sees of the world
 * @param codec encodes its state, also after the offer has been withdrawn
 */
record Occupant(long number, Offer offer, Part<?> part, BasicContext context, StateCodec codec) {}
