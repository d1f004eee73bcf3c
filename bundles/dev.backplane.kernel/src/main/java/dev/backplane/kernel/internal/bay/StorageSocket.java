package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Part;
import dev.backplane.api.state.StateException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The bay of one layer of a disk. */
public final class StorageSocket extends FrontSocket<StorageFront> {
    private final Fronts below;

    /**
     * Makes the bay, vacant.
     *
     * @param spec what the VM file says
     * @param folder what relative paths start from
     * @param surroundings what the machine's bays share
     * @param nested the bays that it refers to
     * @param below what it stands on
     */
    public StorageSocket(PartSpec spec, Path folder, Surroundings surroundings, List<String> nested, Fronts below) {
        super(spec, folder, surroundings, nested, threw -> new StorageFront(surroundings.vm(), spec.id()));
        this.below = below;
    }

    @Override
    public BasicContext context(Bay here, long occupant) {
        return new StoragePartContext(here, occupant, front(), below);
    }

    @Override
    @SuppressWarnings("unchecked")
    Part<?> make(Offer offer, Record options, BasicContext context, @Nullable Record state)
            throws ConfigurationException, StateException {
        StorageOpener<Record, Record> opener = offer.factory(StorageOpener.class);
        StoragePartContext storage = (StoragePartContext) context;
        try {
            return state == null ? opener.open(options, storage) : opener.restore(options, storage, state);
        } catch (StorageException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void place(Part<?> part, BasicContext context) {
        StorageLayer<?> layer = (StorageLayer<?>) part;
        front().prepare(layer, (StoragePartContext) context, layer.holdsBack());
    }

    @Override
    public void lost() {
        front().lost();
    }

    @Override
    public void leaving(Part<?> part, BasicContext context, Deadline deadline) {
        front().retire((StoragePartContext) context, deadline);
    }

    @Override
    public void open(Part<?> part, BasicContext context) {
        front().open((StorageLayer<?>) part, (StoragePartContext) context);
    }

    @Override
    public void close() {
        front().close();
    }

    @Override
    public List<String> unanswered() {
        return front().unanswered();
    }

    @Override
    public boolean awaitAnswers(Deadline deadline) {
        return front().awaitAnswers(deadline);
    }

    @Override
    public void awaitFlushes(Deadline deadline) {
        front().awaitFlushes(deadline);
    }

    @Override
    public String remark() {
        return front().remark();
    }

    @Override
    public void usersRest() {
        front().usersRest();
    }

    @Override
    public void again() {
        front().again();
    }
}
