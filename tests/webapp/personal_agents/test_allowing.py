"""Who lets a study have agents that edit like its participants: its setting, and the model of people on the desk."""

import json

import pytest
from django.core.exceptions import ValidationError

from tests.webapp.conftest import Player, new_player
from webapp.participants.models import Participant
from webapp.personal_agents.models import ModelOfPeople, PersonalAgent
from webapp.studies.models import Participation, Study


class TestConfiguration:
    def test_it_is_off_unless_it_is_switched_on(self, study):
        assert not study.personal_agents
        assert not Study().personal_agents

    @pytest.mark.parametrize(
        ("changes", "message"),
        [({"consent_text": ""}, "Nobody is asked to agree"), ({"photos_per_participant": 7}, "is given fewer")],
    )
    def test_it_needs_consent_and_eight_photos(self, study, changes, message):
        study.change({"personal_agents": True, **changes})
        with pytest.raises(ValidationError, match=message):
            study.full_clean()

    def test_it_is_said_before_people_agree_which_they_do_anew(self, study, built):
        before = study.consent_version
        player = new_player()
        assert "a program is fitted to you" not in study.texts.agreed
        study.change({"personal_agents": True})
        study.save()
        assert study.consent_version == before + 1
        assert "a program is fitted to you" in study.texts.agreed
        assert player.get("/api/studies/default/next/").json()["error"]["code"] == "consent_needed"
        page = Player().get("/play/default/text/", headers={"Accept-Language": "de"}).content.decode()
        assert "wird ein Programm an Sie angepasst" in page


class TestDesk:
    PAGE = "/desk/studies/default/personal-agents/"

    def upload(self, researcher, config: bytes, weights: bytes):
        from django.core.files.uploadedfile import SimpleUploadedFile

        researcher.get(self.PAGE)
        files = {
            "config": SimpleUploadedFile("config.json", config),
            "weights": SimpleUploadedFile("best.safetensors", weights),
        }
        token = researcher.client.cookies["csrftoken"].value
        return researcher.client.post(f"{self.PAGE}change/", {"act": "upload", "csrfmiddlewaretoken": token, **files})

    def test_a_model_is_uploaded_and_removed_with_its_agents(self, study, researcher):
        config = {"format": "safelight-run", "recipe": "imitate"}
        header = b'{"agent/weights/person": {}}'
        weights = len(header).to_bytes(8, "little") + header + b"0000"
        assert self.upload(researcher, json.dumps(config).encode(), weights).status_code == 302
        model = ModelOfPeople.objects.get()
        assert (model.config, bytes(model.weights)) == (config, weights)
        again = self.upload(researcher, json.dumps(config).encode(), weights)
        assert again.status_code == 400
        participation = Participation.objects.create(
            study=study, participant=Participant.objects.create(pseudonym="somebody", kind="human")
        )
        PersonalAgent.objects.create(participation=participation, state="ready")
        token = researcher.client.cookies["csrftoken"].value
        researcher.client.post(f"{self.PAGE}change/", {"act": "remove", "csrfmiddlewaretoken": token})
        assert not ModelOfPeople.objects.exists()
        assert not PersonalAgent.objects.exists()

    @pytest.mark.parametrize(
        ("config", "weights", "message"),
        [
            (b"{", b"", "This is not JSON"),
            (b'{"format": "safelight-run", "recipe": "fast"}', b"", "is no model of people"),
            (b'{"format": "safelight-run", "recipe": "imitate"}', b"PK\x03\x04 and more", "is no safetensors file"),
        ],
    )
    def test_what_is_no_model_of_people_is_refused(self, researcher, config, weights, message):
        answer = self.upload(researcher, config, weights or b"x")
        assert answer.status_code == 400
        assert message in answer.content.decode()
        assert not ModelOfPeople.objects.exists()
