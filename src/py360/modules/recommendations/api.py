"""What the command line may call: training and scoring."""

from py360.modules.recommendations.jobs import score_client
from py360.modules.recommendations.propensity.card import Card
from py360.modules.recommendations.propensity.outcomes import read as read_outcomes
from py360.modules.recommendations.propensity.train import train
from py360.modules.recommendations.service.models import activate, own_history

__all__ = ["Card", "activate", "own_history", "read_outcomes", "score_client", "train"]
