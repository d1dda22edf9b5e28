# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments, names, settings, last values, the procedures themselves."""
import math
import os
import subprocess
import tempfile

from gi.repository import Gimp, Gio

from harness import CALLING, EXECUTION, images, make, raw, refused, restore, settings


def test_wrong_names_are_errors():
    image, layer = make()
    refused(image, [layer], CALLING, "nonsense", "noise", task='nonsense')
    refused(image, [layer], CALLING, task='')
    refused(image, [layer], CALLING, "mr-ode-9", "mr-ode-2", sampler='mr-ode-9')
    refused(image, [layer], CALLING, "no-such-model", model='no-such-model')
    refused(image, [layer], CALLING, "vulkan:none", device='vulkan:none')
    refused(image, [layer], CALLING, "elsewhere", "new-layer", output='elsewhere')


def test_task_without_a_model():
    image, layer = make()
    refused(image, [layer], EXECUTION, "haze", os.environ['MEND_MODELS'], task='haze')
    refused(image, [layer], EXECUTION, "haze", procedure='plug-in-mend-dehaze')


def test_thin_procedures():
    tasks = {'denoise': 'noise', 'dejpeg': 'jpeg'}
    for verb, task in tasks.items():
        image, layer = make()
        assert restore(image, [layer], procedure='plug-in-mend-' + verb, seed=7) == 1
        got = settings(image.get_layers()[0])
        assert (got['procedure'], got['task'], got['seed']) == ('plug-in-mend-' + verb, task, 7)


def test_all_procedures_are_registered():
    verbs = ('restore deblur dehaze dejpeg brighten denoise deraindrop derain deshadow desnow '
             'inpaint').split()
    for verb in verbs:
        procedure = Gimp.get_pdb().lookup_procedure('plug-in-mend-' + verb)
        assert procedure, verb
        assert procedure.get_menu_paths() == ['<Image>/Filters/Enhance/Mend'], verb
        assert procedure.get_blurb() and procedure.get_help() and procedure.get_authors()
    labels = [Gimp.get_pdb().lookup_procedure('plug-in-mend-' + v).get_menu_label()
              for v in verbs]
    keys = [label[label.index('_') + 1].lower() for label in labels]
    assert len(set(keys)) == len(keys), labels


def test_name_tells_strength_and_seed():
    image, layer = make()
    restore(image, [layer], strength=0.8, seed=42)
    assert image.get_layers()[0].get_name() == "Photo (Remove noise, 80 %, seed 42)"


def test_settings_make_it_again():
    image, layer = make()
    restore(image, [layer], strength=0.7, seed=11, steps=3)
    first = image.get_layers()[0]
    found = settings(first)
    assert sorted(found) == ['device', 'model', 'procedure', 'sampler', 'seed', 'steps', 'strength',
                             'task', 'version'], found
    assert (found['strength'], found['seed'], found['steps']) == (0.7, 11, 3)
    procedure = found.pop('procedure')
    found.pop('version')
    restore(image, [layer], procedure=procedure, **found)
    again = image.get_layers()[1]
    assert again != first and raw(again) == raw(first)
    assert settings(again) == settings(first)


def test_seed_and_steps_reach_the_settings_by_default():
    image, layer = make()
    restore(image, [layer])
    found = settings(image.get_layers()[0])
    assert found['steps'] > 0 and found['sampler'] != 'auto' and found['device'] != 'auto'
    assert found['model'] not in ('', 'auto')


def test_same_result_as_the_command_line():
    image, layer = make(width=150, height=110)
    with tempfile.TemporaryDirectory() as folder:
        before, after = (os.path.join(folder, name) for name in ('before.png', 'after.png'))
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(before), None)
        subprocess.run([os.environ['MEND_PROGRAM'], 'restore', before, '-o', after,
                        '--task', 'jpeg', '--seed', '5', '--steps', '3', '--device', 'cpu',
                        '--model', 'random', '--sampler', 'mr-sde-2'], check=True,
                       stdout=subprocess.DEVNULL)
        other = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(after))
        images.append(other)
    restore(image, [layer], task='jpeg', seed=5, steps=3, device='cpu', model='random',
            sampler='mr-sde-2', output='in-place')
    ours, theirs = raw(layer, "R'G'B' u8"), raw(other.get_layers()[0], "R'G'B' u8")
    differences = [abs(a - b) for a, b in zip(ours, theirs)]
    assert max(differences) <= 1, max(differences)
    assert max(ours) - min(ours) > 50


def test_last_values():
    image, layer = make()
    last = Gimp.RunMode.WITH_LAST_VALS
    refused(image, [layer], CALLING, "task", mode=last)
    restore(image, [layer], procedure='plug-in-mend-denoise', mode=last)
    folder = os.path.join(Gimp.directory(), 'plug-in-settings')
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, 'GimpProcedureConfigRun-plug-in-mend-restore.last')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('(task "noise")\n(seed 77)\n(strength 0.5)\n')
    try:
        restore(image, [layer], mode=last)
    finally:
        os.remove(path)
    found = settings(image.get_layers()[1])
    assert (found['seed'], found['strength']) == (77, 0.5), found


def test_undo_is_left_in_order():
    image, layer = make()
    restore(image, [layer])
    assert image.is_dirty() and image.undo_is_enabled()
    image.clean_all()
    restore(image, [layer], output='in-place')
    assert image.is_dirty() and image.undo_is_enabled()


def test_automatic_detection():
    """The task is found and named wherever a chosen one would be; its probability is told."""
    image, layer = make()
    restore(image, [layer], task='auto', seed=4)
    restore(image, [layer], task='noise', seed=4)
    found, by_name = image.get_layers()[:2]
    assert found.get_name() == "Photo (Remove noise, seed 4)"
    told = settings(found)
    assert abs(told.pop('confidence') - math.exp(3) / (math.exp(3) + 10)) < 1e-3
    assert told == settings(by_name) and raw(found) == raw(by_name)
