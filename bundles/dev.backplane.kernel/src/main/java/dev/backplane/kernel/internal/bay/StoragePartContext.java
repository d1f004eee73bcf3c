package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ImageFile;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageRef;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/** What one generation of a layer of a disk sees of the world. */
final class StoragePartContext extends BasicContext implements StorageContext {
    private final StorageFront front;
    private final Fronts below;
    private final Arena life = Arena.ofShared();

    StoragePartContext(Bay bay, long occupant, StorageFront front, Fronts below) {
        super(bay, occupant);
        this.front = front;
        this.below = below;
    }

    @Override
    public ResizableStorage storage(StorageRef reference) {
        lifeline.check();
        return new HeldStorage(below.storage(reference), lifeline);
    }

    @Override
    public ImageFile file(Path path, boolean writable) throws ConfigurationException {
        String user = id() + " of " + vm();
        ImageFile file = resource(
                "file " + path,
                ImageFile.class,
                () -> bay.surroundings().files().open(path, writable, true, user));
        return new PartFile(file, lifeline);
    }

    @Override
    public void handBackAtRest() throws StorageException {
        lifeline.check();
        if (lifeline.isResting()) {
            throw new StorageException(StorageException.Kind.AWAY, "it comes to rest: this is to be asked again");
        }
    }

    /** The life of the memory that the part sees. */
    Arena life() {
        return life;
    }

    void execute(Runnable task) {
        executor().execute(task);
    }

    @Override
    void cut() {
        super.cut();
        boolean gone;
        try {
            life.close();
            gone = true;
        } catch (IllegalStateException e) {
            // A call into the host holds memory of a request.
            gone = false;
        }
        front.cut(this, gone);
    }
}
